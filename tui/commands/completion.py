"""`regtui completion`: the script with which a shell completes regtui's words."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tui.arguments import Parser, UsageError, nearest
from tui.completion import SHELLS
from tui.exits import DONE

_EPILOG = """put one of these where your shell begins:
  eval "$(regtui completion bash)"        ~/.bashrc
  source <(regtui completion zsh)         ~/.zshrc, behind compinit
  regtui completion fish | source         ~/.config/fish/config.fish
"""

_BASH = r"""_regtui() {
    local IFS=$'\n' line=${COMP_LINE:0:COMP_POINT}
    local -a words
    mapfile -t words < <(xargs -n 1 printf '%s\n' <<< "$line" 2>/dev/null)
    [[ $line == *[[:space:]] ]] && words+=("")
    COMPREPLY=($(regtui __complete bash "${words[@]:1}" 2>/dev/null))
    [[ ${COMPREPLY[0]} == *[=:/] ]] && compopt -o nospace
}
complete -F _regtui regtui
"""
_ZSH = r"""#compdef regtui
_regtui() {
    local -a lines ended open
    local line
    lines=("${(@f)$(regtui __complete zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    for line in $lines; do
        if [[ ${line%%$'\t'*} == *[=:/] ]]; then open+=("${line%%$'\t'*}"); else ended+=("${line%%$'\t'*}"); fi
    done
    (( $#open )) && compadd -S '' -a open
    (( $#ended )) && compadd -a ended
}
compdef _regtui regtui
"""
_FISH = r"""complete -c regtui -f -a '(regtui __complete fish (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def parser() -> Parser:
    """Of the command."""
    command = Parser(
        prog="regtui completion",
        description="Print the script with which a shell completes commands, presets, runs, settings and columns.",
        epilog=_EPILOG,
    )
    command.add_argument("shell", metavar="SHELL", help=", ".join(SHELLS))
    return command


def main(argv: Sequence[str]) -> int:
    """Print the script; the exit code. Raises UsageError."""
    shell = parser().parse(argv).shell
    if shell not in SCRIPTS:
        raise UsageError(f"{shell}: must be one of {', '.join(SHELLS)}{nearest(shell, SHELLS)}")
    sys.stdout.write(SCRIPTS[shell])
    return DONE
