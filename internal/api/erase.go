package api

import (
	"context"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/privacy"
)

// Privacy erases.
type Privacy interface {
	Erase(ctx context.Context, p *kyc.Principal, req privacy.Request) (*privacy.Erased, error)
}

type eraseRequest struct {
	SessionID     string `json:"sessionId,omitempty" doc:"UUID of version 1; this or clientKey"`
	ClientKey     string `json:"clientKey,omitempty" doc:"your own identifier, raw: all its sessions"`
	TemplatesOnly bool   `json:"templatesOnly,omitempty" doc:"true: the sessions' face templates alone, with the key that opens them; pictures and all else stay"`
	KeepPersons   bool   `json:"keepPersons,omitempty" doc:"true: faces that went from the sessions into lists of persons stay there"`
	Reason        string `json:"reason,omitempty" maxLength:"200" doc:"why, for the timeline, which is kept: name nobody in it"`
	Token         string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type eraseAnswer struct {
	Status   string   `json:"status"`
	Sessions []string `json:"sessions" doc:"that are erased"`
	Persons  int      `json:"persons" doc:"of lists, who lost faces or were deleted with their last"`
}

func eraseOperation(op operation) operation {
	op.conflict = "templatesOnly, and the session has not ended"
	return op
}

func (d *Door) erase(ctx context.Context, p *kyc.Principal, in *eraseRequest) (eraseAnswer, error) {
	done, err := d.Privacy.Erase(ctx, p, privacy.Request{SessionID: in.SessionID, ClientKey: in.ClientKey, TemplatesOnly: in.TemplatesOnly, KeepPersons: in.KeepPersons, Reason: in.Reason})
	if err != nil {
		return eraseAnswer{}, err
	}
	return eraseAnswer{Status: "ok", Sessions: done.Sessions, Persons: done.Persons}, nil
}
