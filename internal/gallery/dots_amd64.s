#include "textflag.h"

// func dotsAVX2(out *int32, codes *int8, query *int16, n int)
//
// The query stays in Y8 to Y15. A code is read sixteen bytes at a time, widened,
// and multiplied by pairs into sums of 32 bits.
TEXT ·dotsAVX2(SB), NOSPLIT, $0-32
	MOVQ out+0(FP), DI
	MOVQ codes+8(FP), SI
	MOVQ query+16(FP), DX
	MOVQ n+24(FP), CX
	VMOVDQU 0(DX), Y8
	VMOVDQU 32(DX), Y9
	VMOVDQU 64(DX), Y10
	VMOVDQU 96(DX), Y11
	VMOVDQU 128(DX), Y12
	VMOVDQU 160(DX), Y13
	VMOVDQU 192(DX), Y14
	VMOVDQU 224(DX), Y15

next:
	TESTQ CX, CX
	JZ    done
	VPMOVSXBW 0(SI), Y0
	VPMOVSXBW 16(SI), Y1
	VPMOVSXBW 32(SI), Y2
	VPMOVSXBW 48(SI), Y3
	VPMADDWD Y8, Y0, Y0
	VPMADDWD Y9, Y1, Y1
	VPMADDWD Y10, Y2, Y2
	VPMADDWD Y11, Y3, Y3
	VPMOVSXBW 64(SI), Y4
	VPMOVSXBW 80(SI), Y5
	VPMOVSXBW 96(SI), Y6
	VPMOVSXBW 112(SI), Y7
	VPMADDWD Y12, Y4, Y4
	VPMADDWD Y13, Y5, Y5
	VPMADDWD Y14, Y6, Y6
	VPMADDWD Y15, Y7, Y7
	VPADDD Y1, Y0, Y0
	VPADDD Y3, Y2, Y2
	VPADDD Y5, Y4, Y4
	VPADDD Y7, Y6, Y6
	VPADDD Y2, Y0, Y0
	VPADDD Y6, Y4, Y4
	VPADDD Y4, Y0, Y0

	// Eight sums become one.
	VEXTRACTI128 $1, Y0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0x4E, X0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0xB1, X0, X1
	VPADDD       X1, X0, X0
	VMOVD        X0, (DI)

	ADDQ $4, DI
	ADDQ $128, SI
	DECQ CX
	JMP  next

done:
	VZEROUPPER
	RET
