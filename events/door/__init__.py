"""The server of the door: zones, devices, what scanners are given, deciding on scans, the ledger of cases."""
