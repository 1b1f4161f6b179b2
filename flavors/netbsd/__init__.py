"""NetBSD: kern_fork.c 1.189 (March 2012, the tree that became NetBSD 6) and what it calls; x86, built without DIAGNOSTIC.
Code between two yields is atomic, so a lock that nobody can hold across one is taken only where fork1's own score takes it."""
