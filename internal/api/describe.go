package api

import (
	"net/http"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

// describe is the one list of operations; the mux, the document and the
// reference page are all made from it.
func (d *Door) describe() []operation {
	post := func(path, name string, permission kyc.Permission, summary, note string) operation {
		return operation{method: http.MethodPost, path: path, name: name, permission: permission, summary: summary, note: note}
	}
	status := post("/kyc/session/status", "sessionStatus", "", "Where does a session stand?",
		"By sessionId, or the newest session of a clientKey; with both the clientKey wins.")
	statusGet := status
	statusGet.method, statusGet.name = http.MethodGet, "sessionStatusGet"
	login := post("/user/login", "login", "", "Get a temporary token", "For people; servers use a permanent API token.")
	login.public = true
	tokens := post("/tokens", "listTokens", kyc.ManageTokens, "List API tokens", "Values are not among what is known.")
	tokensGet := tokens
	tokensGet.method, tokensGet.name = http.MethodGet, "listTokensGet"
	loginOperation := typed(d, login, d.login)
	loginOperation.handler = d.slowly(loginOperation.handler)
	return append([]operation{
		typed(d, status, d.status),
		typed(d, statusGet, d.status),
		d.filterOperation(post("/kyc/sessions/filter", "filterSessions", kyc.LogsKYC, "List sessions",
			"Page by page, or by cursor at constant cost. The newest come first. Days are calendar days in UTC. With zip the answer is a file with a row for each session that the filter selects; page, pageSize and cursor then count for nothing.")),
		d.processOperation(),
		eraseOperation(typed(d, post("/kyc/session/erase", "eraseSessions", kyc.EraseKYC, "Erase what is known of a person",
			"By session, or all sessions of a clientKey. Keys, pictures, what was read, face templates, notifications and what finds them are destroyed at once; the session's id, scenario, verdict and times stay, with who erased it, when and why. An open session ends as expired. It can be repeated."), d.erase)),
		loginOperation,
		typed(d, post("/token/create", "createToken", kyc.ManageTokens, "Create an API token", "Its value is shown this once."), d.createToken),
		typed(d, post("/token/update", "updateToken", kyc.ManageTokens, "Change when a token ends", ""), d.updateToken),
		typed(d, post("/token/delete", "deleteToken", kyc.ManageTokens, "End a token at once", ""), d.deleteToken),
		typed(d, post("/images/sign", "signImages", kyc.ViewImages, "Sign addresses of pictures",
			"For a browser that has no token: the signed addresses work for a short time and open nothing else."), d.sign),
		typed(d, tokens, d.listTokens),
		typed(d, tokensGet, d.listTokens),
	}, append(d.describeWebhooks(post), d.describePersons(post)...)...)
}

// describeWebhooks lists the operations on receivers of notifications and on
// what was sent to them.
func (d *Door) describeWebhooks(post func(path, name string, permission kyc.Permission, summary, note string) operation) []operation {
	conflicting := func(op operation, when string) operation {
		op.conflict = when
		return op
	}
	const faster = "somebody else changed it in the meantime"
	return []operation{
		typed(d, post("/webhook/endpoints", "listEndpoints", kyc.LogsKYC, "List a scenario's endpoints",
			"Receivers of its notifications. The callback of its definition comes first. Of secrets the last four characters are shown."), d.listEndpoints),
		typed(d, post("/webhook/endpoint", "readEndpoint", kyc.LogsKYC, "Read an endpoint", ""), d.readEndpoint),
		typed(d, post("/webhook/endpoint/create", "createEndpoint", kyc.EditKYC, "Add an endpoint", "Its secret is shown this once."), d.createEndpoint),
		conflicting(typed(d, post("/webhook/endpoint/update", "updateEndpoint", kyc.EditKYC, "Change an endpoint", "What is left out stays as it is."), d.updateEndpoint), faster),
		conflicting(typed(d, post("/webhook/endpoint/delete", "deleteEndpoint", kyc.EditKYC, "Delete an endpoint",
			"What waits for it is given up; its deliveries stay in the log."), d.deleteEndpoint), "the scenario's own callback is deleted in the scenario"),
		typed(d, post("/webhook/endpoint/rotate", "rotateEndpointSecret", kyc.EditKYC, "Make a new secret",
			"It is shown this once. Both secrets sign until the overlap is over; new bodies are encrypted with the new one at once."), d.rotateEndpoint),
		typed(d, post("/webhook/endpoint/enable", "enableEndpoint", kyc.EditKYC, "Enable an endpoint", "What waited for it goes out."), d.enableEndpoint),
		typed(d, post("/webhook/endpoint/disable", "disableEndpoint", kyc.EditKYC, "Disable an endpoint", "Its notifications wait until it is enabled."), d.disableEndpoint),
		conflicting(typed(d, post("/webhook/endpoint/test", "testEndpoint", kyc.EditKYC, "Send a test event",
			"Of any kind, with sample data, marked as a test in body and header; tried once."), d.testEndpoint), "the endpoint is disabled or has no address"),
		typed(d, post("/webhook/deliveries", "listDeliveries", kyc.LogsKYC, "Search the log of deliveries", "The newest come first. Page by page, or by cursor at constant cost."), d.listDeliveries),
		typed(d, post("/webhook/delivery", "readDelivery", kyc.LogsKYC, "Read a delivery with its attempts", ""), d.readDelivery),
		conflicting(typed(d, post("/webhook/delivery/replay", "replayDelivery", kyc.EditKYC, "Send a delivery again",
			"The same body under the same webhook-id, marked by the header openkyc-replay."), d.replayDelivery), "it is being sent right now"),
		typed(d, post("/webhook/replay", "replayDeliveries", kyc.EditKYC, "Send many deliveries again",
			"Of one endpoint: those that were given up since a time, or all of a range; at most 100,000 at once."), d.replayMany),
	}
}

// slowly bounds failed logins from one address (S44).
func (d *Door) slowly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := edge.AddressKey(r)
		if blocked, wait := d.logins.Blocked(address); blocked {
			d.logins.Headers(w.Header(), wait, 0)
			d.fail(w, r, kyc.Errorf(kyc.TooMany, "too many failed logins from this address; try again in a minute"))
			return
		}
		answer := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(answer, r)
		if answer.status == http.StatusForbidden {
			d.logins.Take(address)
		}
	})
}

// statusWriter remembers the status that was sent.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
