# A whole guest in a boot sector: for each character that is typed on its virtio console it writes the next 455 numbers
# there, from 0 on, in eight hexadecimal digits and a line feed each. Linux would hand the console 16 bytes at a time,
# which takes an emulated processor minutes for what this does in seconds. It waits for its reader because QEMU drops
# what a virtio console writes faster than it is read.
# The console's device is a virtio-serial-pci in slot 5 of the first bus, driven by the registers of virtio 0.9.
        .code16
        .globl  _start
        .set    lines, 455
_start:
        cli
        cld
        # Let it use the bus, and find its registers.
        mov     $0x80002804, %eax
        mov     $0xcf8, %dx
        out     %eax, %dx
        mov     $0xcfc, %dx
        mov     $7, %ax
        out     %ax, %dx
        mov     $0x80002810, %eax
        mov     $0xcf8, %dx
        out     %eax, %dx
        mov     $0xcfc, %dx
        in      %dx, %eax
        and     $0xfffc, %ax
        mov     %ax, %si
        # Reset, acknowledge, driver; no features; the queue to us (0) is at 0x14000, that to the host (1) at 0x10000.
        lea     0x12(%si), %dx
        xor     %al, %al
        out     %al, %dx
        mov     $1, %al
        out     %al, %dx
        mov     $3, %al
        out     %al, %dx
        lea     4(%si), %dx
        xor     %eax, %eax
        out     %eax, %dx
        mov     $0x1000, %bx
        mov     %bx, %es
        xor     %di, %di
        mov     $0x4000, %cx
        rep     stosw
        lea     0xe(%si), %dx
        xor     %ax, %ax
        out     %ax, %dx
        lea     8(%si), %dx
        mov     $0x14, %eax
        out     %eax, %dx
        lea     0xe(%si), %dx
        mov     $1, %ax
        out     %ax, %dx
        lea     8(%si), %dx
        mov     $0x10, %eax
        out     %eax, %dx
        # A descriptor in each: all the lines at 0x20000; one character, at 0x30000, to be written by the host.
        movl    $0x20000, %es:0
        movl    $lines * 9, %es:8
        movl    $0x30000, %es:0x4000
        movl    $1, %es:0x4008
        movw    $2, %es:0x400c
        lea     0x12(%si), %dx
        mov     $7, %al
        out     %al, %dx
        xor     %ebx, %ebx
fill:
        mov     $0x2000, %ax
        mov     %ax, %es
        xor     %di, %di
line:
        mov     %ebx, %ebp
        mov     $8, %cx
digit:
        rol     $4, %ebp
        mov     %bp, %ax
        and     $15, %al
        cmp     $10, %al
        jb      decimal
        add     $'a' - 10 - '0', %al
decimal:
        add     $'0', %al
        stosb
        loop    digit
        mov     $'\n', %al
        stosb
        inc     %ebx
        cmp     $lines * 9, %di
        jb      line
        # Offer each descriptor once more, tell so, and wait until it was used: first that for the character.
        mov     $0x1000, %ax
        mov     %ax, %es
        lea     0x10(%si), %dx
        xor     %ax, %ax
        incw    %es:0x4802
        mov     %es:0x4802, %bp
        out     %ax, %dx
typed:
        pause
        cmp     %bp, %es:0x5002
        jne     typed
        inc     %ax
        incw    %es:0x802
        mov     %es:0x802, %bp
        out     %ax, %dx
taken:
        pause
        cmp     %bp, %es:0x1002
        jne     taken
        jmp     fill
        .org    510
        .word   0xaa55
