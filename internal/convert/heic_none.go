//go:build noheic

package convert

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero"
)

// opensHEIC tells whether the reader is in this program.
const opensHEIC = false

// prepareHEIC is that of a program that was built without the HEIC reader.
func prepareHEIC(context.Context, wazero.RuntimeConfig) (opener, error) {
	return nil, errors.New("this program was built without the HEIC reader (build tag noheic)")
}
