package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/openkyc/openkyc/client"
)

type clientkeyCommand struct {
	Encrypt encryptCommand `cmd:"" help:"Encrypt a raw client key as your server would."`
	Decrypt decryptCommand `cmd:"" help:"Decrypt an encrypted client key."`
}

// secretFlags keeps secrets out of the process list: by environment or file.
type secretFlags struct {
	Secret     string `env:"OPENKYC_SCENARIO_SECRET" help:"The scenario secret. Better by environment or --secret-file, since others may see a command line."`
	SecretFile string `type:"existingfile" help:"File that holds the scenario secret."`
	Schema     string `help:"The scenario's id; needed for version 2."`
}

func (f secretFlags) secret() (string, error) {
	if f.SecretFile != "" {
		text, err := os.ReadFile(f.SecretFile)
		return strings.TrimRight(string(text), "\r\n"), err
	}
	if f.Secret == "" {
		return "", errors.New("the scenario secret is missing: set OPENKYC_SCENARIO_SECRET or use --secret-file")
	}
	return f.Secret, nil
}

type encryptCommand struct {
	secretFlags
	Key     string        `arg:"" optional:"" help:"The raw client key; read from standard input when left out."`
	V2      bool          `name:"v2" help:"Make a version 2 key: authenticated, bound to its scenario, expiring, usable once."`
	Expires time.Duration `default:"15m" help:"How long a version 2 key is good for."`
}

func (c *encryptCommand) Run(w *world) error {
	secret, raw, err := c.inputs(w, c.Key)
	if err != nil {
		return err
	}
	var token string
	if c.V2 {
		if c.Schema == "" {
			return errors.New("a version 2 key is bound to its scenario: name it with --schema")
		}
		token, err = client.EncryptKeyV2(secret, c.Schema, raw, c.Expires)
	} else {
		token, err = client.EncryptKey(secret, raw)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.stdout, token)
	return err
}

type decryptCommand struct {
	secretFlags
	Token string `arg:"" optional:"" help:"The encrypted client key; read from standard input when left out."`
}

func (c *decryptCommand) Run(w *world) error {
	secret, token, err := c.inputs(w, c.Token)
	if err != nil {
		return err
	}
	var raw string
	if strings.HasPrefix(token, "v2.") {
		raw, _, _, err = client.DecryptKeyV2(secret, c.Schema, token, time.Now())
	} else {
		raw, err = client.DecryptKey(secret, token)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.stdout, raw)
	return err
}

func (f secretFlags) inputs(w *world, given string) (secret, value string, err error) {
	if secret, err = f.secret(); err != nil {
		return "", "", err
	}
	if given != "" {
		return secret, given, nil
	}
	const longest = 4096
	line, err := bufio.NewReader(io.LimitReader(w.stdin, longest)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", "", err
	}
	return secret, strings.TrimRight(line, "\r\n"), nil
}
