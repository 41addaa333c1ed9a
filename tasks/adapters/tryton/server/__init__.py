"""A Tryton for whoever has none: installed by itself, filled with the sample company, started.

    installation ─▶ template ───▶ running
     its own venv    init, seed    a copy of it, and a server for as long as it is wanted

Installing and filling take minutes and are done once on a machine: what they make is kept in the
cache, and each start takes a copy. Where databases live is said by a `Place`:

| place              | it is                               | under several callers at once        |
|--------------------|-------------------------------------|--------------------------------------|
| `own_postgres()`   | a server of ours, of the machine's programs | safe                         |
| `Postgres(url)`    | a server that somebody names        | safe                                 |
| `Sqlite(folder)`   | files                               | **not safe**: Tryton locks no row in |
|                    |                                     | SQLite, two reserve the same goods   |
"""
