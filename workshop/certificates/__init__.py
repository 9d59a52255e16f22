"""Certificates: who has earned one, its serial, its signed code, its paper."""
