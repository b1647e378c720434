// Package seal keeps what is stored unreadable: envelope encryption in three
// levels (S24) by Tink keysets.
//
//	master key   a file, mode 0600, one an installation
//	 └ account key   wrapped by the master key, stored in the account's row
//	    └ subject key   wrapped by the account key, stored with the session
//
// In come values with a context (table, column, row) and the wrapped keys of
// their owner; out go sealed bytes that open only with the same keys and the
// same context, so a value moved to another row, account or installation is
// refused. Destroying a wrapped subject key destroys everything under it, and
// so erases a person. Searching goes by [Keyring.Index], a keyed hash that
// differs from account to account (S25). The installation has keys of its own,
// made and wrapped as an account's are and kept among its settings: what they index
// is equal in all accounts.
//
// What can fail: a master key file that is missing, readable by others or
// damaged fails at start with a sentence that says what to do; a value that
// does not open is an internal error without any of its content.
//
// Called by the store for rows and by the verification room for pictures,
// always through interfaces of theirs. Nobody else imports Tink.
package seal
