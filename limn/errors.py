"""InputError: the exception for wrong input. Any other exception is a defect of the program."""


class InputError(ValueError):
    """Bad input from outside: a config, picture, mesh, SVG or checkpoint.

    Its message is one line that says what is wrong, where, what was expected and, for names, the nearest valid one.
    The command line prints it and exits with code 2.
    """
