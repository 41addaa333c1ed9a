"""What every ERP of ours lets pass, and what it refuses with which sentence; nothing here asks one.

An ERP of its own may be milder or stricter; an adapter asks these first, so that the same is
refused in the same words whichever ERP it is.
"""
