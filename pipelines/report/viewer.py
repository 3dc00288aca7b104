"""The interactive viewer of a model: a page of its own that goes into the report's."""

from __future__ import annotations

import base64
import html
from pathlib import Path

END = "THREE.GLTFLoader=GLTFLoader;})();"
"""Behind this, trimesh's template is a viewer of its own."""


def viewer(model: str | Path) -> str:
    """An ``<iframe>`` with the model, three.js and nothing to fetch.

    Args:
        model: a GLB file.
    """
    model = Path(model)
    page = (Path(__file__).parent / "viewer.html").read_text(encoding="utf-8")
    content = base64.b64encode(model.read_bytes()).decode()
    page = page.replace("<!--three-->", _three()).replace("<!--model-->", content)
    return f'<iframe id="model" title="The model" srcdoc="{html.escape(page)}"></iframe>'


def _three() -> str:
    """three.js (MIT licence) and its reader of GLB files, as trimesh ships them for its own viewer."""

    from trimesh import resources, util

    archive = util.decompress(resources.get_bytes("templates/viewer.zip"), file_type="zip")
    template: str = archive["viewer.html.template"].read().decode("utf-8")
    start = template.index("<script>") + len("<script>")
    return template[start : template.index(END) + len(END)]
