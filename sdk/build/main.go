// Command build makes sdk/dist from the TypeScript sources. It is run from the
// repository's folder: go run ./sdk/build
package main

import (
	"fmt"
	"os"

	"github.com/openkyc/openkyc/sdk/build/bundle"
)

func main() {
	if err := bundle.Build("sdk", "sdk/dist"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, name := range []string{"widget-lib.js", "widget.js", "widget.css", "record.js"} {
		info, err := os.Stat("sdk/dist/" + name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("sdk/dist/%s\t%d bytes\n", name, info.Size())
	}
}
