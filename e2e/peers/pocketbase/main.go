// Command pocketbase is a peer for the benchmark of the status call: PocketBase
// with a collection of records that hold what a session object holds, and an
// account whose token may view those of its own. It is a module of its own, so
// that nothing of it gets near the platform's.
//
// In come a data folder, a file with one session object a line, and an address;
// out goes one line of JSON with the token, then PocketBase serves. The ids of
// the records are r and the line's number in fourteen digits.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
)

func main() {
	data := flag.String("data", "", "folder of its database")
	objects := flag.String("objects", "", "file with one session object a line")
	listen := flag.String("listen", "", "address to serve on")
	flag.Parse()
	if err := run(*data, *objects, *listen); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(data, objects, listen string) error {
	app := pocketbase.NewWithConfig(pocketbase.Config{DefaultDataDir: data, HideStartBanner: true})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	token, err := seed(app, objects)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"token": token}); err != nil {
		return err
	}
	return apis.Serve(app, apis.ServeConfig{HttpAddr: listen, ShowStartBanner: false})
}

// seed makes the collection, the records and somebody who may view them.
func seed(app core.App, objects string) (token string, err error) {
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return "", err
	}
	users.Fields.Add(&core.TextField{Name: "account"})
	if err := app.Save(users); err != nil {
		return "", err
	}
	sessions := core.NewBaseCollection("sessions")
	rule := `account = @request.auth.account`
	sessions.ViewRule = &rule
	sessions.Fields.Add(&core.TextField{Name: "account"}, &core.JSONField{Name: "errors", MaxSize: 1 << 20}, &core.NumberField{Name: "version"},
		&core.TextField{Name: "schemaId"}, &core.TextField{Name: "clientId"}, &core.NumberField{Name: "spent"}, &core.TextField{Name: "createdAt"},
		&core.BoolField{Name: "isClientNew"}, &core.TextField{Name: "clientKey"}, &core.TextField{Name: "clientUser"}, &core.TextField{Name: "status"},
		&core.TextField{Name: "sessionId"}, &core.NumberField{Name: "secondsToLive"}, &core.TextField{Name: "responseTime"}, &core.JSONField{Name: "results", MaxSize: 1 << 20})
	if err := app.Save(sessions); err != nil {
		return "", err
	}
	if err := app.RunInTransaction(func(tx core.App) error { return records(tx, sessions, objects) }); err != nil {
		return "", err
	}
	user := core.NewRecord(users)
	user.SetEmail("bench@shop.example")
	user.SetPassword("a long enough password")
	user.Set("account", "shop")
	if err := app.Save(user); err != nil {
		return "", err
	}
	return user.NewAuthToken()
}

func records(tx core.App, sessions *core.Collection, objects string) error {
	file, err := os.Open(objects)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		var object map[string]any
		if err := json.Unmarshal(lines.Bytes(), &object); err != nil {
			return err
		}
		record := core.NewRecord(sessions)
		record.Load(object)
		record.Id = fmt.Sprintf("r%014d", n)
		record.Set("account", "shop")
		if err := tx.Save(record); err != nil {
			return err
		}
	}
	return lines.Err()
}
