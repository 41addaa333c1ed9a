"""The stock on Tryton: what there is, the deliveries, and what has to be bought.

    shelves ──▶ ledger          what lies there, and what is free
       │
    traffic ──▶ moves ◀── deliveries     what will come and go; what is put aside and sent
                  ▲
    buying ◀── procurement ──▶ receiving

The shelf is the company's warehouses with all that is in them, so what is picked and not gone yet
lies there too.
"""

from tasks.adapters.tryton.stock.maps import REQUESTS

FIELD_MAPS = (REQUESTS,)
