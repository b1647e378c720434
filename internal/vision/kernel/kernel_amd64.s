#include "go_asm.h"
#include "textflag.h"

// Words of a pixel lie as its bytes do: red, green, blue, alpha. All sums fit in
// 16 bits: weights add up to 256 and colours end at 255.

DATA halves<>+0(SB)/8, $0x0080008000800080
DATA halves<>+8(SB)/8, $0x0080008000800080
DATA halves<>+16(SB)/8, $0x0080008000800080
DATA halves<>+24(SB)/8, $0x0080008000800080
GLOBL halves<>(SB), RODATA|NOPTR, $32

// Spreads two words over four each.
DATA twice<>+0(SB)/8, $0x0100010001000100
DATA twice<>+8(SB)/8, $0x0302030203020302
GLOBL twice<>(SB), RODATA|NOPTR, $16

// func weighRowsAVX2(dst, src *byte, stride int, weights *uint64, taps, n int)
//
// Sixteen bytes of the target at a time; n is a multiple of sixteen.
TEXT ·weighRowsAVX2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ stride+16(FP), R8
	MOVQ weights+24(FP), R9
	MOVQ taps+32(FP), R10
	MOVQ n+40(FP), R11
	VMOVDQU halves<>(SB), Y7

rowsNext:
	CMPQ R11, $16
	JLT  rowsDone
	MOVQ SI, AX
	MOVQ R9, BX
	MOVQ R10, CX
	VMOVDQA Y7, Y0

rowsTap:
	VPMOVZXBW    (AX), Y1
	VPBROADCASTQ (BX), Y2
	VPMULLW      Y2, Y1, Y1
	VPADDW       Y1, Y0, Y0
	ADDQ R8, AX
	ADDQ $8, BX
	DECQ CX
	JNZ  rowsTap

	VPSRLW       $8, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VMOVDQU      X0, (DI)
	ADDQ $16, DI
	ADDQ $16, SI
	SUBQ $16, R11
	JMP  rowsNext

rowsDone:
	VZEROUPPER
	RET

// func weighColumnsAVX2(dst, src *byte, first, count *int32, weights *uint64, n int)
//
// Two pixels of a window at a time, and the last one alone where they are odd.
TEXT ·weighColumnsAVX2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ first+16(FP), R8
	MOVQ count+24(FP), R9
	MOVQ weights+32(FP), BX
	MOVQ n+40(FP), R11
	VMOVDQU halves<>(SB), X7

columnsNext:
	TESTQ R11, R11
	JZ    columnsDone
	MOVLQSX (R8), AX
	MOVLQSX (R9), CX
	LEAQ (SI)(AX*4), AX
	VPXOR X0, X0, X0

columnsPair:
	CMPQ CX, $2
	JLT  columnsOdd
	VPMOVZXBW (AX), X1
	VPMULLW   (BX), X1, X1 // the assembler lets it be unaligned
	VPADDW    X1, X0, X0
	ADDQ $8, AX
	ADDQ $16, BX
	SUBQ $2, CX
	JMP  columnsPair

columnsOdd:
	VPSRLDQ $8, X0, X2
	VPADDW  X2, X0, X0
	TESTQ CX, CX
	JZ    columnsWrite
	VMOVD     (AX), X1
	VPMOVZXBW X1, X1
	VMOVQ     (BX), X2
	VPMULLW   X2, X1, X1
	VPADDW    X1, X0, X0
	ADDQ $8, BX

columnsWrite:
	VPADDW    X7, X0, X0
	VPSRLW    $8, X0, X0
	VPACKUSWB X0, X0, X0
	VMOVD     X0, (DI)
	ADDQ $4, DI
	ADDQ $4, R8
	ADDQ $4, R9
	DECQ R11
	JMP  columnsNext

columnsDone:
	VZEROUPPER
	RET

// func blockMeansAVX2(dst, src *byte, stride, rows, k, n int)
//
// A block of rows × k pixels at a time, two pixels of a row at once. The quotient
// is rounded by the division of floats, which cannot reach the next whole number:
// it is at least 1/256 away, and both sides are exact.
TEXT ·blockMeansAVX2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ stride+16(FP), R8
	MOVQ rows+24(FP), R9
	MOVQ k+32(FP), R10
	MOVQ n+40(FP), R11
	MOVQ R9, AX
	IMULQ R10, AX
	VMOVD        AX, X6
	VPBROADCASTD X6, X6
	VPSRLD       $1, X6, X7 // half of the divisor
	VCVTDQ2PS    X6, X6

blocksNext:
	TESTQ R11, R11
	JZ    blocksDone
	MOVQ SI, DX
	MOVQ R9, CX
	VPXOR X0, X0, X0
	VPXOR X5, X5, X5

blocksRow:
	MOVQ DX, AX
	MOVQ R10, BX

blocksPair:
	CMPQ BX, $2
	JLT  blocksOdd
	VPMOVZXBW (AX), X1
	VPADDW    X1, X0, X0
	ADDQ $8, AX
	SUBQ $2, BX
	JMP  blocksPair

blocksOdd:
	TESTQ BX, BX
	JZ    blocksRowEnd
	VMOVD     (AX), X1
	VPMOVZXBW X1, X1
	VPADDW    X1, X5, X5

blocksRowEnd:
	ADDQ R8, DX
	DECQ CX
	JNZ  blocksRow

	VPSRLDQ   $8, X0, X1
	VPADDW    X1, X0, X0
	VPADDW    X5, X0, X0
	VPMOVZXWD X0, X0
	VPADDD    X7, X0, X0
	VCVTDQ2PS X0, X0
	VDIVPS    X6, X0, X0
	VCVTTPS2DQ X0, X0
	VPACKUSDW X0, X0, X0
	VPACKUSWB X0, X0, X0
	VMOVD     X0, (DI)
	ADDQ $4, DI
	LEAQ (SI)(R10*4), SI
	DECQ R11
	JMP  blocksNext

blocksDone:
	VZEROUPPER
	RET

// func scanRunAVX2(out *uint64, pix *byte, r *Run)
//
// One sample after the other: the four neighbours, weighed and rounded, are added
// up. The words of the sum are put into the order of lanes.
TEXT ·scanRunAVX2(SB), NOSPLIT, $0-24
	MOVQ out+0(FP), DI
	MOVQ pix+8(FP), SI
	VMOVDQU halves<>(SB), X7
	VMOVDQU twice<>(SB), X6
	MOVQ r+16(FP), R15
	MOVQ Run_Stride(R15), R8
	MOVQ Run_pixels(R15), R14
	MOVQ R14, out+0(FP) // counts the pixels; the argument is in DI
	MOVQ Run_X(R15), R9
	MOVQ Run_Y(R15), R10

scanNext:
	CMPQ out+0(FP), $0
	JEQ  scanDone
	VPXOR X0, X0, X0
	MOVQ Run_Samples(R15), R13
	MOVQ R9, R11  // the row of samples begins here
	MOVQ R10, R12

scanRow:
	MOVQ R11, AX
	MOVQ R12, BX
	MOVQ Run_Samples(R15), R14

scanSample:
	// Weights: 256 − fx − fy + both, fx − both, fy − both, both.
	MOVQ AX, CX
	SHRQ $24, CX
	ANDQ $255, CX
	MOVQ BX, DX
	SHRQ $24, DX
	ANDQ $255, DX
	MOVQ CX, R9
	IMULQ DX, R9
	SHRQ $8, R9    // both
	SUBQ R9, CX    // fx − both
	SUBQ R9, DX    // fy − both
	MOVQ $256, R10
	SUBQ CX, R10
	SUBQ DX, R10
	SUBQ R9, R10   // 256 − (fx − both) − (fy − both) − both
	SHLQ $16, CX
	ORQ  CX, R10
	VMOVD R10, X1
	SHLQ $16, R9
	ORQ  DX, R9
	VMOVD R9, X2
	VPSHUFB X6, X1, X1
	VPSHUFB X6, X2, X2

	MOVQ BX, DX
	SARQ $32, DX
	IMULQ R8, DX
	ADDQ SI, DX
	MOVQ AX, CX
	SARQ $32, CX
	LEAQ (DX)(CX*4), DX
	VPMOVZXBW (DX), X3
	VPMULLW   X1, X3, X3
	VPMOVZXBW (DX)(R8*1), X4
	VPMULLW   X2, X4, X4
	VPADDW    X4, X3, X3
	VPSRLDQ   $8, X3, X4
	VPADDW    X4, X3, X3
	VPADDW    X7, X3, X3
	VPSRLW    $8, X3, X3
	VPADDW    X3, X0, X0

	ADDQ Run_RightX(R15), AX
	ADDQ Run_RightY(R15), BX
	DECQ R14
	JNZ  scanSample

	ADDQ Run_DownX(R15), R11
	ADDQ Run_DownY(R15), R12
	DECQ R13
	JNZ  scanRow

	VPSHUFLW $0xD8, X0, X0
	VMOVQ    X0, (DI)
	ADDQ $8, DI
	// The next pixel is as many samples farther.
	MOVQ Run_X(R15), R9
	MOVQ Run_Y(R15), R10
	ADDQ Run_StepX(R15), R9
	ADDQ Run_StepY(R15), R10
	MOVQ R9, Run_X(R15)
	MOVQ R10, Run_Y(R15)
	DECQ out+0(FP)
	JMP  scanNext

scanDone:
	VZEROUPPER
	RET

DATA bytes<>+0(SB)/8, $0x000000ff000000ff
DATA bytes<>+8(SB)/8, $0x000000ff000000ff
DATA bytes<>+16(SB)/8, $0x000000ff000000ff
DATA bytes<>+24(SB)/8, $0x000000ff000000ff
GLOBL bytes<>(SB), RODATA|NOPTR, $32

// func planesAVX2(red, green, blue *float32, row *byte, n int)
//
// Eight pixels at a time; n is a multiple of eight.
TEXT ·planesAVX2(SB), NOSPLIT, $0-40
	MOVQ red+0(FP), DI
	MOVQ green+8(FP), SI
	MOVQ blue+16(FP), DX
	MOVQ row+24(FP), AX
	MOVQ n+32(FP), CX
	VMOVDQU bytes<>(SB), Y7

planesNext:
	CMPQ CX, $8
	JLT  planesDone
	VMOVDQU   (AX), Y0
	VPSRLD    $8, Y0, Y1
	VPSRLD    $16, Y0, Y2
	VPAND     Y7, Y0, Y0
	VPAND     Y7, Y1, Y1
	VPAND     Y7, Y2, Y2
	VCVTDQ2PS Y0, Y0
	VCVTDQ2PS Y1, Y1
	VCVTDQ2PS Y2, Y2
	VMOVUPS   Y0, (DI)
	VMOVUPS   Y1, (SI)
	VMOVUPS   Y2, (DX)
	ADDQ $32, DI
	ADDQ $32, SI
	ADDQ $32, DX
	ADDQ $32, AX
	SUBQ $8, CX
	JMP  planesNext

planesDone:
	VZEROUPPER
	RET
