"""What `regtui --help` says. Imports nothing."""

from __future__ import annotations

USAGE = """regtui [PRESET | FILE.toml | DATA] [options]
       regtui COMMAND ...
"""
ABOUT = "A laboratory for regularization in a terminal: paired arms train side by side, live."
EPILOG = """commands, each with an example (regtui COMMAND --help says more):

 experiments
  PRESET          the dashboard                          regtui moons --seeds 5
  run             train without a screen                 regtui run moons --set training.lr=0.1
  demo            a guided tour: predict, then see       regtui demo
  presets         list the built-in ones, or show one    regtui presets moons

 data of yours
  DATA            a CSV file or a folder of images       regtui data.csv --target label
  new             write a preset for them                regtui new data.csv -o mine.toml
  check           whether preset and data are fine       regtui check mine.toml

 recorded runs
  runs            list, name, note and delete them       regtui runs moons
  open            show one in the dashboard              regtui open 1f3a
  attach          take up one in training elsewhere      regtui attach 1f3a
  compare         set some beside one another            regtui compare 1f3a 9c02
  export          CSV, JSON, HTML, SVG, PNG, ...         regtui export 1f3a --html
  resume          go on with one that was left           regtui resume 1f3a
  replay          train one again: is it the same?       regtui replay 1f3a

 the shell
  completion      complete with Tab: bash, zsh, fish     eval "$(regtui completion bash)"

exit codes of a run: 0 done, 2 bad input, 3 every lane diverged, 130 interrupted
"""
