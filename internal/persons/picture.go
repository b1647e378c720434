package persons

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// measured is a face that is about to be kept.
type measured struct {
	template kyc.Template
	chip     *kyc.Cut // nil for a vector that was given as such
}

// measure finds the face of every picture; what is wrong is one sentence each.
func (r *Room) measure(ctx context.Context, uploads []kyc.Upload) (faces []measured, err error) {
	var faults []string
	for i, u := range uploads {
		fault := func(c kyc.Code) { faults = append(faults, fmt.Sprintf("images[%d]: %s", i, c)) }
		if u.Fault != "" {
			fault(u.Fault)
			continue
		}
		found, err := r.Measurer.Describe(ctx, u.Picture.JPEG)
		switch {
		case err != nil:
			return nil, err
		case found == nil:
			fault(kyc.NoFace)
		case found.Others > 0:
			fault(kyc.ManyFaces)
		default:
			faces = append(faces, measured{found.Template, &found.Chip})
		}
	}
	if len(faults) > 0 {
		return nil, kyc.ErrInvalid(faults...)
	}
	return faces, nil
}

// given takes vectors that somebody measured with this installation before.
func (r *Room) given(vectors [][]float32) (faces []measured, err error) {
	for i, v := range vectors {
		if fault := vectorFault(v); fault != "" {
			return nil, kyc.ErrInvalid(fmt.Sprintf("embedding[%d]: %s", i, fault))
		}
		faces = append(faces, measured{template: kyc.Template{Vector: v, Model: r.Measurer.Model()}})
	}
	return faces, nil
}

// vectorLength and the lengths, in the sense of geometry, that templates have,
// with room on both sides.
const (
	vectorLength = 128
	leastNorm    = 0.2
	mostNorm     = 10
)

// vectorFault refuses what no model of ours gives.
func vectorFault(v []float32) string {
	if len(v) != vectorLength {
		return fmt.Sprintf("must have %d numbers", vectorLength)
	}
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if !(sum > leastNorm*leastNorm && sum < mostNorm*mostNorm) {
		return "is no face template of this installation"
	}
	return ""
}

// seal puts a picture among a person's, under their key; its row is left to the caller.
func (r *Room) seal(ctx context.Context, person *kyc.Person, sessionID string, jpeg []byte, width, height int) (*kyc.PersonPicture, error) {
	id, err := inner()
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("persons/%s/%s", person.ID, id)
	sealed, err := r.Sealer.Seal(person.Key, jpeg, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("seal a picture: %w", err)
	}
	if err := r.Blobs.Put(ctx, key, sealed); err != nil {
		return nil, fmt.Errorf("store a picture: %w", err)
	}
	digest := sha256.Sum256(jpeg)
	return &kyc.PersonPicture{ID: id, PersonID: person.ID, SessionID: sessionID, BlobKey: key, Digest: digest[:], Size: int64(len(jpeg)), Width: width, Height: height}, nil
}

// open reads one picture of a person and checks that it is what was stored.
func (r *Room) open(ctx context.Context, person *kyc.Person, x *kyc.PersonPicture) ([]byte, error) {
	sealed, err := r.Blobs.Get(ctx, x.BlobKey)
	if err != nil {
		return nil, fmt.Errorf("read picture %s: %w", x.ID, err)
	}
	jpeg, err := r.Sealer.Open(person.Key, sealed, []byte(x.BlobKey))
	if err != nil {
		return nil, fmt.Errorf("open picture %s: %w", x.ID, err)
	}
	if digest := sha256.Sum256(jpeg); !bytes.Equal(digest[:], x.Digest) {
		return nil, fmt.Errorf("picture %s is not what was stored", x.ID)
	}
	return jpeg, nil
}

// discard removes pictures without a row; what it cannot remove stays sealed,
// and its key is gone with the person.
func (r *Room) discard(ctx context.Context, keys []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	for _, key := range keys {
		if err := r.Blobs.Delete(ctx, key); err != nil {
			r.Logger.WarnContext(ctx, "a picture without a row stays behind", "error", err)
		}
	}
}

// Picture opens one picture of a person for somebody who may see persons.
func (r *Room) Picture(ctx context.Context, p *kyc.Principal, personID, pictureID string) ([]byte, error) {
	if err := may(p, kyc.ViewPersons); err != nil {
		return nil, err
	}
	var person *kyc.Person
	err := r.Store.View(ctx, func(tx kyc.Tx) (err error) {
		person, err = r.person(ctx, tx, p, "", personID)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, x := range person.Pictures {
		if x.ID == pictureID {
			return r.open(ctx, person, x)
		}
	}
	return nil, kyc.ErrNotFound()
}
