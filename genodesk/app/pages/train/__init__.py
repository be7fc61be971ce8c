"""The Train page: a card a workflow, and the wizard that leads from data to a started run."""
