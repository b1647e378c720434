package specimen

import (
	"bytes"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"
)

// The primaries of 75 % and 100 % colour bars in studio range are published
// with ITU-R BT.601; red, green and blue below are the 100 % ones.
func TestCameraWritesStudioRangeBT601(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "camera.y4m")
	cam, err := OpenCamera(path, 64, 48, 15, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer cam.Close()
	cases := map[color.RGBA][3]byte{
		{255, 0, 0, 255}: {81, 90, 240}, {0, 255, 0, 255}: {145, 54, 34}, {0, 0, 255, 255}: {41, 240, 110},
		{255, 255, 255, 255}: {235, 128, 128}, {0, 0, 0, 255}: {16, 128, 128},
	}
	for shown, want := range cases {
		if err := cam.Show(image.NewUniform(shown)); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		header, rest, _ := bytes.Cut(data, []byte("\n"))
		if string(header) != "YUV4MPEG2 W64 H48 F15:1 Ip A1:1 C420jpeg" {
			t.Fatalf("header %q", header)
		}
		size := 64 * 48 * 3 / 2
		if len(rest) != 3*(size+6) {
			t.Fatalf("%d bytes of frames, want %d", len(rest), 3*(size+6))
		}
		for frame := range 3 {
			f := rest[frame*(size+6):][:size+6]
			if !bytes.HasPrefix(f, []byte("FRAME\n")) {
				t.Fatalf("frame %d has no mark", frame)
			}
			got := [3]byte{f[6], f[6+64*48], f[6+64*48*5/4]}
			for i := range got {
				if d := int(got[i]) - int(want[i]); d < -1 || d > 1 {
					t.Errorf("%v in frame %d: YCbCr %v, want %v", shown, frame, got, want)
				}
			}
		}
	}
}

func TestCameraCoversItsFrame(t *testing.T) {
	t.Parallel()
	wide := image.NewRGBA(image.Rect(10, 10, 410, 110)) // 4:1 into 4:3 keeps the middle third
	for x := 10; x < 410; x++ {
		for y := 10; y < 110; y++ {
			c := color.RGBA{0, 0, 0, 255}
			if x > 160 && x < 260 {
				c = color.RGBA{255, 255, 255, 255}
			}
			wide.Set(x, y, c)
		}
	}
	out := cover(wide, 64, 48)
	if out.RGBAAt(32, 24).R < 250 || out.RGBAAt(1, 1).R > 5 || out.RGBAAt(62, 46).R > 5 {
		t.Error("the picture's middle is not in the middle of the frame")
	}
}

func TestCameraRefusesImpossibleSizes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "camera.y4m")
	for _, c := range [][4]int{{641, 480, 15, 2}, {640, 0, 15, 2}, {4000, 3000, 15, 2}, {640, 480, 0, 2}, {640, 480, 15, 0}, {640, 480, 15, 9999}} {
		if cam, err := OpenCamera(path, c[0], c[1], c[2], c[3]); err == nil {
			cam.Close()
			t.Errorf("%v was accepted", c)
		}
	}
	if _, err := OpenCamera(filepath.Join(t.TempDir(), "none", "x"), 64, 48, 15, 1); err == nil {
		t.Error("a folder that does not exist was accepted")
	}
}
