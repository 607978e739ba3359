#!/bin/bash
# SPDX-License-Identifier: ISC
# Boots Debian's own kernels under qemu, each with an initramfs of busybox and our static
# programs, has them tried inside (./init), and prints one table. Packages come by apt from
# the mirror that this machine uses, into a cache; no root is needed, nothing is installed.
#
#     KERNELS        which guests, by shell patterns of their names ('sid* bookworm'), in that order; all by default
#     ARCHITECTURES  of these architectures only ('x86_64 s390x')
#     CACHE          where kernels are kept; by default ~/.cache/disablenetwork-kernels
#     HOST_TESTS     what sid-host runs: chain/unix, faults, programs/... (host.sh); by default what a quarter of an hour does
#     AT_ONCE        how many guests run at a time: 2
#     SOURCE         an unpacked distribution, to build the programs of other architectures from
#     BUILD          where disablenetwork and netprobe of this machine are; results go to BUILD/kernels
#
# The last line counts guests, and is kept in BUILD/kernels/result: a guest is passed, failed
# (something escaped or broke, a promise of --check was not kept, it came to no end) or skipped
# (its kernel cannot be had). Exit 1: one failed, or fewer than two thirds of them ran.
set -u
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=apt.sh
. "$here/apt.sh"
: "${BUILD:=$PWD}" "${SOURCE:=$(cd "$here/../.." && pwd)}" "${AT_ONCE:=2}" "${KERNELS:=*}"
: "${HOST_TESTS:=chain/unix programs/others programs/servers programs/x11 programs/go_on programs/typed programs/root faults}"
: "${ARCHITECTURES:=x86_64 i386 aarch64 arm riscv64 ppc64le s390x}"
work=$BUILD/kernels
mkdir -p "$work" || exit 99
rm -f "$work/result"

# The security modules of a guest: as the kernel is shipped, or by its command line.
all=lsm=landlock,lockdown,yama,integrity,apparmor,selinux,smack,tomoyo,bpf
selinux='lsm=landlock,lockdown,yama,integrity,selinux,bpf selinux=1'
without=lsm=lockdown,yama,integrity,apparmor,bpf # Landlock is built in, but not listed

# With "few", init tries fewer sets of inherited descriptors: what is shown once need not be again.
# With "bpf", it runs lsm.sh instead, with "storm" the library with threads at work: on two processors.
# With "host", this machine's own programs and tests run on that kernel (host.sh).
# name | architecture | suites, the first that has it | package | command line
guests="
bullseye              | x86_64  | bullseye                  | linux-image-amd64       | $all few
bookworm              | x86_64  | bookworm                  | linux-image-amd64       |
bookworm-selinux      | x86_64  | bookworm                  | linux-image-amd64       | $selinux few
bookworm-cloud        | x86_64  | bookworm                  | linux-image-cloud-amd64 | $all few
trixie                | x86_64  | trixie bookworm-backports | linux-image-amd64       |
trixie-unlisted       | x86_64  | trixie bookworm-backports | linux-image-amd64       | $without few
backports-all         | x86_64  | bookworm-backports        | linux-image-amd64       | $all few
sid                   | x86_64  | sid                       | linux-image-amd64       |
sid-selinux           | x86_64  | sid                       | linux-image-amd64       | $selinux few
sid-cloud             | x86_64  | sid                       | linux-image-cloud-amd64 | $all few
experimental          | x86_64  | experimental sid          | linux-image-amd64       | $all few
i386                  | i386    | bookworm                  | linux-image-686-pae     | few
arm64                 | aarch64 | trixie bookworm-backports | linux-image-arm64       | $all few
armhf                 | arm     | trixie bookworm-backports | linux-image-armmp       | few
riscv64               | riscv64 | trixie sid                | linux-image-riscv64     | few
ppc64el               | ppc64le | trixie bookworm-backports | linux-image-powerpc64le | few
s390x                 | s390x   | trixie bookworm-backports | linux-image-s390x       | few
sid-host              | x86_64  | sid                       | linux-image-amd64       | host
storm-bullseye        | x86_64  | bullseye                  | linux-image-amd64       | storm
storm-trixie          | x86_64  | trixie bookworm-backports | linux-image-amd64       | $without storm
storm-experimental    | x86_64  | experimental sid          | linux-image-amd64       | $all storm
lsm-bookworm          | x86_64  | bookworm                  | linux-image-amd64       | bpf
lsm-trixie            | x86_64  | trixie bookworm-backports | linux-image-amd64       | bpf
lsm-trixie-alone      | x86_64  | trixie bookworm-backports | linux-image-amd64       | lsm=bpf bpf
lsm-trixie-selinux    | x86_64  | trixie bookworm-backports | linux-image-amd64       | $selinux bpf
lsm-sid               | x86_64  | sid                       | linux-image-amd64       | $all bpf
lsm-experimental      | x86_64  | experimental sid          | linux-image-amd64       | bpf
lsm-bookworm-hooks    | x86_64  | bookworm                  | linux-image-amd64       | bpf hooks
lsm-trixie-hooks      | x86_64  | trixie bookworm-backports | linux-image-amd64       | bpf hooks
lsm-experimental-hooks | x86_64 | experimental sid          | linux-image-amd64       | bpf hooks
lsm-trixie-costs      | x86_64  | trixie bookworm-backports | linux-image-amd64       | bpf costs
lsm-sid-costs         | x86_64  | sid                       | linux-image-amd64       | bpf costs
lsm-trixie-kills      | x86_64  | trixie bookworm-backports | linux-image-amd64       | bpf kills
"

# A second serial line is for init's terminal_types, which keeps its own shell there.
# architecture | Debian's name | compiler's triplet | its 32-bit sibling | console | qemu
architectures='
x86_64  | amd64   | x86_64-linux-gnu      | i386 | ttyS0    | qemu-system-x86_64 -cpu max -serial mon:stdio -serial null
i386    | i386    | i686-linux-gnu        |      | ttyS0    | qemu-system-i386 -cpu max -serial mon:stdio -serial null
aarch64 | arm64   | aarch64-linux-gnu     | arm  | ttyAMA0  | qemu-system-aarch64 -M virt -cpu max
arm     | armhf   | arm-linux-gnueabihf   |      | ttyAMA0  | qemu-system-arm -M virt -cpu max
riscv64 | riscv64 | riscv64-linux-gnu     |      | ttyS0    | qemu-system-riscv64 -M virt
ppc64le | ppc64el | powerpc64le-linux-gnu |      | hvc0     | qemu-system-ppc64 -M pseries
s390x   | s390x   | s390x-linux-gnu       |      | ttysclp0 | qemu-system-s390x -M s390-ccw-virtio -cpu max
'

# field TABLE NAME NUMBER: of the row that begins with NAME
field() {
	awk -F' *[|] *' -v name="$2" -v number="$3" '$1 == name { print $number }' <<<"$1"
}

# What a guest can use of the packages, and the modules that it loads. The cache keeps nothing
# else, so the name of a folder there tells by a checksum what it was made for.
useful=(
	'boot/vmlinu*' 'modules/*/vmlinu*' 'kernel/net/*' 'kernel/lib/*' 'kernel/crypto/*'
	'drivers/net/tap.ko*' 'drivers/net/tun.ko*' 'drivers/vhost/*' bin/busybox
	'drivers/virtio/*' 'kernel/fs/9p/*' 'kernel/fs/netfs/*' 'kernel/fs/fscache/*' 'kernel/fs/overlayfs/*'
)
# The second line: each a family, where Debian has it. ipip and sit put a tunnel into every namespace.
# The third: for this machine's files in a guest.
modules='tun crc32c_generic sctp tls vsock_loopback vhost_net vhost_vsock ipip sit
	dccp_ipv4 af_alg af_key can kcm llc2 qrtr rds tipc
	virtio_pci 9pnet_virtio 9p overlay'
# Not smc: with it 6.1 and 6.12 come to wait for RCU for ever, now and then, after TCP_ULP.
made_for=$(cksum <<<"${useful[*]} $modules" | cut -d' ' -f1)

# get_kernel NAME: sets $kernel to a folder with vmlinuz, busybox, modules/ and their order
get_kernel() {
	local name=$1 package suite debian image parts version new
	package=$(field "$guests" "$name" 4)
	debian=$(field "$architectures" "$(field "$guests" "$name" 2)" 2)
	for suite in $(field "$guests" "$name" 3); do
		update "$suite" "$debian" || continue
		image=$(needs "$suite" "$debian" "$package" linux-image-)
		version=$(record_of "$suite" "$debian" "$image" | sed -n 's/^Version: //p')
		[ -n "$version" ] || continue
		kernel=$CACHE/$image-$version-$debian-$made_for
		[ -e "$kernel/complete" ] && return
		echo "fetching $image $version" >&2
		parts=$(needs "$suite" "$debian" "$image" 'linux-(binary|modules)-') # from 7.2 on
		new=$(mktemp -d "$CACHE/new.XXXXXX") && mkdir "$new/tree" || return
		# shellcheck disable=SC2086 # a list of words
		if (cd "$new" && download "$suite" "$debian" "$image" $parts &&
			get_busybox "$debian" "$suite" bookworm sid && unpack); then
			mv -T "$new" "$kernel" 2>/dev/null || rm -rf "$new" # another run was faster
			return 0
		fi
		cat "$new/download.log" >&2
		rm -rf "$new"
	done
	return 1
}

# get_busybox DEBIAN-ARCHITECTURE SUITE...: from the first that has it; backports do not
get_busybox() {
	local suite
	for suite in "${@:2}"; do
		update "$suite" "$1" && download "$suite" "$1" busybox-static && return
	done
	return 1
}

# What a guest can use of the packages in the current folder.
unpack() {
	local package file
	for package in *.deb; do
		dpkg-deb --fsys-tarfile "$package" |
			tar -x -C tree --wildcards --no-anchored "${useful[@]}" 2>/dev/null # not each has all
		rm "$package"
	done
	file=$(find tree \( -path '*boot/vmlinu*' -o -name 'vmlinu*' \) -type f | head -1)
	[ -n "$file" ] && mv "$file" vmlinuz && mv "$(find tree -name busybox | head -1)" busybox || return
	mkdir modules && : >modules/order
	for package in $modules; do
		add_module "$package"
	done
	rm -rf tree
	touch complete
}

add_module() { # add_module NAME: what it depends on first; one that is not there is built in
	local file needed
	file=$(find tree -name "${1//_/[-_]}.ko*" | head -1)
	[ -n "$file" ] && ! grep -qx "$1.ko" modules/order || return 0
	case $file in
	*.xz) xz -d "$file" ;;
	*.zst) zstd -q -d --rm "$file" ;;
	esac
	file=$(find tree -name "${1//_/[-_]}.ko" | head -1)
	for needed in $(modinfo -F depends "$file" | tr ',' ' '); do
		add_module "$needed"
	done
	cp "$file" "modules/$1.ko"
	echo "$1.ko" >>modules/order
}

# --- The programs of an architecture. ---

build() { # build ARCHITECTURE: sets $programs to the folder that has them
	local triplet compiler
	programs=$BUILD
	[ "$1" = "$(uname -m)" ] && return
	programs=$work/build-$1
	triplet=$(field "$architectures" "$1" 3)
	[ "$1" = i386 ] && compiler='gcc -m32' || compiler=$triplet-gcc
	command -v "$triplet-gcc" >/dev/null && compiler=$triplet-gcc
	mkdir -p "$programs"
	(cd "$programs" && { [ -e Makefile ] || "$SOURCE/configure" --quiet --host="$triplet" --without-libcap-ng \
		CC="$compiler" && make -s disablenetwork netprobe tests/chain/around tests/library/storm tests/library/threads; }) >"$programs.log" 2>&1 ||
		die "unable to build for $1: see $programs.log"
}

# --- Guests. ---

copy_program() { # copy_program FILE ROOT: with the libraries that it needs
	local library
	cp --parents -L "$1" "$2"
	for library in $(ldd "$1" | grep -o '/[^ ]*'); do
		cp --parents -L "$library" "$2"
	done
}

# pack NAME ARCHITECTURE: the initramfs of a guest
pack() {
	local root=$work/$1.root sibling
	rm -rf "$root"
	mkdir -p "$root"/{bin,proc,sys,dev,etc,tmp}
	cp "$kernel/busybox" "$root/bin/"
	cp -r "$kernel/modules" "$root/"
	cp "$here/init" "$root/"
	printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	build "$2"
	cp "$programs/disablenetwork" "$programs/netprobe" "$programs"/tests/{chain/around,library/{storm,threads}} "$root/bin/"
	if [[ $1 = lsm-* ]]; then
		cp "$here/lsm.sh" "$root/"
		cp "$programs/disablenetwork-lsm" "$programs/tests/kernels/lsm_try" "$programs/tests/bench/calls" "$root/bin/" || return
	fi
	if [ "$2" = "$(uname -m)" ]; then # this machine's, which asks nscd
		copy_program /usr/bin/getent "$root"
	fi
	sibling=$(field "$architectures" "$2" 4)
	[[ $1 = storm-* || $1 = *-host ]] && sibling=
	if [ -n "$sibling" ]; then
		build "$sibling"
		cp "$programs/netprobe" "$root/bin/netprobe32"
	fi
	if [[ $1 = *-host ]]; then
		# The folder of the tests, that of the build, and what host.sh is to run.
		printf '%s\n' "$(cd "$here/.." && pwd)" "$(cd "$BUILD" && pwd)" "$HOST_TESTS" >"$root/host"
	fi
	chmod -R a+rX "$root"
	(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet | gzip -1) >"$work/$1.initramfs"
	rm -rf "$root"
}

boot() { # boot NAME ARCHITECTURE KERNEL COMMAND-LINE
	local console memory=512 more='' processors=1 limit=600 began=$SECONDS
	console=$(field "$architectures" "$2" 5)
	[ "$2" = ppc64le ] && memory=1024
	[[ $1 = *-hooks || $1 = storm-* ]] && processors=2 # what runs at the same time
	[[ $1 = *-costs ]] && more='-icount shift=0,sleep=off' # a nanosecond is an instruction
	if [[ $1 = *-host ]]; then
		more='-virtfs local,path=/,mount_tag=machine,security_model=none,readonly=on,multidevs=remap'
		memory=2048 processors=2 limit=7200
	fi
	# shellcheck disable=SC2046,SC2086 # lists of words
	timeout $limit $(field "$architectures" "$2" 6) $more -accel tcg -smp $processors -m "$memory" -nographic -no-reboot -nic none \
		-kernel "$3/vmlinuz" -initrd "$work/$1.initramfs" \
		-append "console=$console quiet loglevel=1 panic=-1 rdinit=/init syscall.x32=y $4" </dev/null >"$work/$1.log" 2>&1
	echo $((SECONDS - began)) >"$work/$1.seconds"
	rm -f "$work/$1.initramfs"
}

# The table: a row for each run in each guest. Reads their logs; exits 1 as said above.
print_table() { # print_table NAME...
	local name
	for name; do
		echo "@ guest $name $(field "$guests" "$name" 2) $(cat "$work/$name.seconds" 2>/dev/null)"
		tr -d '\r' <"$work/$name.log" | grep -a -o '@ [a-z].*'
		echo '@ next'
	done | awk -v result="$work/result" -f "$here/table.awk"
}

names=()
set -f # patterns, not of files
for pattern in $KERNELS; do
	known=no
	while read -r name; do
		# shellcheck disable=SC2053 # a pattern
		[[ $name == $pattern ]] || continue
		known=yes
		if [[ " $ARCHITECTURES " == *" $(field "$guests" "$name" 2) "* && " ${names[*]-} " != *" $name "* ]]; then
			names+=("$name")
		fi
	done < <(awk -F' *[|] *' 'NF > 1 { print $1 }' <<<"$guests")
	[ $known = yes ] || die "no guest is called $pattern"
done
set +f
[ ${#names[@]} -gt 0 ] || die "no guest of $KERNELS is of an architecture in $ARCHITECTURES"

running=0
for name in "${names[@]}"; do
	architecture=$(field "$guests" "$name" 2)
	: >"$work/$name.log"
	rm -f "$work/$name.seconds"
	if ! get_kernel "$name"; then
		echo "@ missing no suite of $(field "$guests" "$name" 3) gives $(field "$guests" "$name" 4)" >"$work/$name.log"
		continue
	fi
	if ! pack "$name" "$architecture"; then
		echo '@ missing disablenetwork-lsm was not built' >"$work/$name.log"
		continue
	fi
	if [ "$running" -ge "$AT_ONCE" ]; then
		wait -n
		running=$((running - 1))
	fi
	boot "$name" "$architecture" "$kernel" "$(field "$guests" "$name" 5)" &
	running=$((running + 1))
done
wait
print_table "${names[@]}"
