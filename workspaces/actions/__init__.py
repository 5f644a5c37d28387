"""Every way to write the product's data, one function an action, one module a noun.

Pages, the API, the admin and commands all write through these. Each function, in one transaction:

1. finds and locks what it changes; what is not there for the actor is ``NotFound``;
2. locks what permits it (sign-in, workspace, membership, grant) ``FOR SHARE``, so that a revocation
   either waits for it or comes first;
3. checks what was given, and says in a sentence what does not fit;
4. writes, and writes the audit log.

Things may be given as objects or by their keys; they are read again here in any case.
"""
