"""Where examples come from: each file declares one source, or some of a kind, and is found automatically.

To add one: a file here with a function from (the section `[data]`, a callback for progress) to a `Pool`, decorated with
`engine.preset.sources.source`. It is then a value of `data.source`.
"""
