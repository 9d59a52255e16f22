"""Reconciliation of signed logs: ops, chains, merge, exchange, bundles. Knows no Flask, no clock, no network of its own."""
