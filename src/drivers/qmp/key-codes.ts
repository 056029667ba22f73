// The table is made from the data of keycodemapdb (https://gitlab.com/keycodemap/keycodemapdb):
//
// Copyright (c) Individual contributors. All rights reserved.
//
// Redistribution and use in source and binary forms, with or without modification, are permitted provided that the
// following conditions are met:
// 1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following
//    disclaimer.
// 2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the
//    following disclaimer in the documentation and/or other materials provided with the distribution.
// 3. Neither the name of PyCA Cryptography nor the names of its contributors may be used to endorse or promote products
//    derived from this software without specific prior written permission.
//
// THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
// INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
// DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT OWNER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
// SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
// SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY,
// WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
// OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.

/**
 * The keys that QEMU can press, each with its code in the codesets, in hexadecimal: linux (input-event-codes.h), qnum
 * (what QEMU takes), atset2, atset3, os_x, usb, win32. Codes that a codeset lacks are left out. The rest follow from
 * qnum: it is the scan code of AT set 1, with 80 added in place of a prefix of e0; xt has the prefix, xt_kbd adds 100.
 */
const keys = `
1,1,76,8,35,29,1b 2,2,16,16,12,1e,31 3,3,1e,1e,13,1f,32 4,4,26,26,14,20,33 5,5,25,25,15,21,34
6,6,2e,2e,17,22,35 7,7,36,36,16,23,36 8,8,3d,3d,1a,24,37 9,9,3e,3e,1c,25,38 a,a,46,46,19,26,39
b,b,45,45,1d,27,30 c,c,4e,4e,1b,2d,bd d,d,55,55,18,2e,bb e,e,66,66,33,2a,8 f,f,d,d,30,2b,9
10,10,15,15,c,14,51 11,11,1d,1d,d,1a,57 12,12,24,24,e,8,45 13,13,2d,2d,f,15,52 14,14,2c,2c,11,17,54
15,15,35,35,10,1c,59 16,16,3c,3c,20,18,55 17,17,43,43,22,c,49 18,18,44,44,1f,12,4f 19,19,4d,4d,23,13,50
1a,1a,54,54,21,2f,db 1b,1b,5b,5b,1e,30,dd 1c,1c,5a,5a,24,28,d 1d,1d,14,11,3b,e0,11 1e,1e,1c,1c,0,4,41
1f,1f,1b,1b,1,16,53 20,20,23,23,2,7,44 21,21,2b,2b,3,9,46 22,22,34,34,5,a,47 23,23,33,33,4,b,48
24,24,3b,3b,26,d,4a 25,25,42,42,28,e,4b 26,26,4b,4b,25,f,4c 27,27,4c,4c,29,33,ba 28,28,52,52,27,34,de
29,29,e,e,32,35,c0 2a,2a,12,12,38,e1,a0 2b,2b,5d,5c,2a,32,dc 2c,2c,1a,1a,6,1d,5a 2d,2d,22,22,7,1b,58
2e,2e,21,21,8,6,43 2f,2f,2a,2a,9,19,56 30,30,32,32,b,5,42 31,31,31,31,2d,11,4e 32,32,3a,3a,2e,10,4d
33,33,41,41,2b,36,bc 34,34,49,49,2f,37,be 35,35,4a,4a,2c,38,bf 36,36,59,59,3c,e5,a1 37,37,7c,7e,43,55,6a
38,38,11,19,3a,e2,12 39,39,29,29,31,2c,20 3a,3a,58,14,39,39,14 3b,3b,5,7,7a,3a,70 3c,3c,6,f,78,3b,71
3d,3d,4,17,63,3c,72 3e,3e,c,1f,76,3d,73 3f,3f,3,27,60,3e,74 40,40,b,2f,61,3f,75 41,41,83,37,62,40,76
42,42,a,3f,64,41,77 43,43,1,47,65,42,78 44,44,9,4f,6d,43,79 45,45,77,76,47,53,90 46,46,7e,5f,,47,91
47,47,6c,6c,59,5f,67 48,48,75,75,5b,60,68 49,49,7d,7d,5c,61,69 4a,4a,7b,4e,4e,56,6d 4b,4b,6b,6b,56,5c,64
4c,4c,73,73,57,5d,65 4d,4d,74,74,58,5e,66 4e,4e,79,7c,45,57,6b 4f,4f,69,69,53,59,61 50,50,72,72,54,5a,62
51,51,7a,7a,55,5b,63 52,52,70,70,52,62,60 53,53,71,71,41,63,6e 54,54 55,76,5f,,,94 56,56,61,13,a,64,e2
57,57,78,56,67,44,7a 58,58,7,5e,6f,45,7b 59,73,51,,5e,87,e2 5a,78,63,,,92,15 5b,77,62,87,,93
5c,79,64,86,,8a,1c 5d,70,13,87,,88,f2 5e,7b,67,85,,8b,1d 5f,5c,27,,5f,8c 60,9c,e05a,79,4c,58
61,9d,e014,58,3e,e4,a3 62,b5,e04a,4a,4b,54,6f 63,54,7f,57,,46,2c 64,b8,e011,39,3d,e6,a5 65,5b
66,c7,e06c,6e,73,4a,24 67,c8,e075,63,7e,52,26 68,c9,e07d,6f,74,4b,21 69,cb,e06b,61,7b,50,25
6a,cd,e074,6a,7c,4f,27 6b,cf,e069,65,77,4d,23 6c,d0,e072,60,7d,51,28 6d,d1,e07a,6d,79,4e,22
6e,d2,e070,67,,49,2d 6f,d3,e071,64,75,4c,2e 70,ef,e06f,8e 71,a0,e023,9c,4a,ef,ad 72,ae,e021,9d,49,ee,ae
73,b0,e032,95,48,ed,af 74,de,e037,,,66 75,59,f,,51,67 76,ce,e079 77,c6,e077,62,,48,13 78,8b
79,7e,6d,,,85,6c 7a,72,f2,,68,90,16 7b,71,f1,,66,91,1a 7c,7d,6a,5d,5d,89,dc 7d,db,e01f,8b,37,e3,5b
7e,dc,e027,8c,36,e7,5c 7f,dd,e02f,8d,6e,65,5d 80,e8,e028,a,,f3,a9 81,85,,b,,79 82,86,,c 83,87,,10,,7a
84,8c,,,,77 85,f8,,18,,7c 86,64,,20,,74 87,65,,28,,7d 88,c1,,30,,f4 89,bc,,38,,7b 8a,f5,,9,72,75,2f
8b,9e,,91,,76 8c,a1,e02b,a3,,fb 8d,66 8e,df,e03f,,,f8,5f 8f,e3,e05e 90,67 91,68 92,69 93,93,,a2 94,9f,,a0
95,97,,a1 96,82,,,,f0 97,6a 98,92,,96,,f9 99,6b 9a,a6,,9b 9b,ec,e048 9c,e6,e018 9d,eb,e040
9e,ea,e038,,,f1,a6 9f,e9,e030,,,f2,a7 a0,a3,,9a a1,6c,,,,ec a2,fd a3,99,e04d,93,,eb,b0 a4,a2,e034,,,e8,b3
a5,90,e015,94,,ea,b1 a6,a4,e03b,98,,e9,b2 a7,b1,,9e a8,98,,9f a9,63 ab,81 ac,b2,e03a,97,,,ac
ad,e7,e020,,,fa,a8 b0,88,,,,f7 b1,75,,,,f5 b2,8f,,,,f6 b3,f6,,,,b6 b4,fb,,,,b7 b5,89 b6,8a
b7,5d,2f,7f,69,68,7c b8,5e,37,80,6b,69,7d b9,5f,3f,81,71,6a,7e ba,55,,82,6a,6b,7f bb,83,,83,40,6c,80
bc,f7,,,4f,6d,81 bd,84,,,50,6e,82 be,5a,,,5a,6f,83 bf,74,,,,70,84 c0,f9,,,,71,85 c1,6d,,,,72,86
c2,6f,,,,73,87 c3,95 c4,96 c5,9a c6,9b c7,a7 c8,a8 c9,a9 ca,ab cb,ac cc,ad cd,a5 ce,af cf,b3,,,,,fa d0,b4
d1,b6 d2,b9,,,,,2a d3,ba d4,bb d5,bd d6,be d7,bf,,,,,b4 d8,c0 d9,e5,e010,,,,aa da,c2 db,c3 dc,c4 dd,c5
de,94 df,ca e0,cc e1,d4 e2,ed,e050 e3,d6 e4,d7 e5,d8 e6,d9 e7,da e8,e4 e9,8e ea,d5 eb,f0 ec,f1 ed,f2 ee,f3
ef,f4
`;

/** By the numbers of virKeycodeSet. */
export const codesetNames = [
  'linux',
  'xt',
  'atset1',
  'atset2',
  'atset3',
  'os_x',
  'xt_kbd',
  'usb',
  'win32',
  'qnum',
] as const;
type Codeset = (typeof codesetNames)[number];

/** Columns of the table, as far as codesets have one. */
const columns: Readonly<Partial<Record<Codeset, number>>> = {
  linux: 0,
  qnum: 1,
  atset2: 2,
  atset3: 3,
  os_x: 4,
  usb: 5,
  win32: 6,
};

const rows = keys
  .trim()
  .split(/\s+/)
  .map((row) => row.split(',').map((field) => (field === '' ? undefined : Number.parseInt(field, 16))));

/** A key's number for QEMU; undefined if the codeset has no such key, or QEMU can't press it. */
export function qnumOf(codeset: Codeset, code: number): number | undefined {
  return rows.find((row) => codeIn(codeset, row) === code)?.[1];
}

function codeIn(codeset: Codeset, row: readonly (number | undefined)[]): number | undefined {
  const column = columns[codeset];
  if (column !== undefined) return row[column];
  const qnum = row[1] ?? 0;
  if (qnum < 0x80) return qnum;
  return (qnum & 0x7f) | (codeset === 'xt_kbd' ? 0x100 : 0xe000);
}
