"""The exit codes of the program."""

# Done; an error of the program (one line names the log); bad input (one line says what and where); every lane diverged;
# a replayed run is not as it was recorded; ended by Ctrl-C; stdout was closed by its reader.
DONE, FAILED, BAD_INPUT, DIVERGED, DIFFERS, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 4, 130, 141
