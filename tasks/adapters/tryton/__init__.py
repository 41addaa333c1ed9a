"""The real Tryton, over its JSON-RPC: no code of Tryton's is imported, it is another process.

    address ─▶ rpc ─▶ session ─▶ connection      forms
                │                    │             what a client asks before it creates
              wire, answers      buttons, wizards, reports

`server/` starts one for whoever has none: installed on its own, filled with the sample company.
"""
