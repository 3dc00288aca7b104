// Questions to the server.

/** Key of a run -> the state in which it was asked to stop or to go on, until that shows. */
export const asked = new Map();

/** What the server knows under an address. */
export async function get(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

/** Asks for a change; what comes back has ``errors`` where it was refused: key -> message. */
export async function post(address, body) {
  const content = body instanceof Blob ? body : JSON.stringify(body);
  const answer = await fetch(address, { method: "POST", body: content }).catch(() => null);
  if (!answer) return { errors: { "": "The server does not answer." } };
  if (answer.status === 204) return {};
  return answer.json().catch(() => ({ errors: { "": `The server answers ${answer.status} ${answer.statusText}.` } }));
}
