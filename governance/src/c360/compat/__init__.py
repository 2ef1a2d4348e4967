"""How two versions of a contract differ: each change graded for consumers and for producers, and the step it needs."""
