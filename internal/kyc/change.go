package kyc

// ChangeKind is what a change is of.
type ChangeKind string

// What open pages and waiting widgets are told of.
const (
	ChangedSession  ChangeKind = "session"
	ChangedDelivery ChangeKind = "delivery" // its session's id, or its own when it is about none
	ChangedEndpoint ChangeKind = "endpoint"
	ChangedPerson   ChangeKind = "person" // a list's id: who is in it, or their faces
	ChangedLogin    ChangeKind = "login"  // the user's id: a sign-in ended or the user was changed
)

// Change tells that something is no longer as it was: of which account, and its
// id, nothing else. It is a hint, sent once the change has committed; hints may
// be lost, and the zero one says that some were: look again.
type Change struct {
	AccountID string // "" for a login
	Kind      ChangeKind
	ID        string
}
