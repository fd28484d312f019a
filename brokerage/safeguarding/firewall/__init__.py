"""The registration firewall: who may no longer be used, who is told, and what a changed list will trigger."""
