#!/bin/sh
# SPDX-License-Identifier: ISC
# release.sh VERSION [KEY]: what make release does. In a clean tree of git: everything that must
# hold (.ci/run, the packages), then a tag, and in release/ the tarball, its checksums and, by gpg
# with KEY, detached signatures. Nothing is pushed.
#
#     RELEASE_CHECK    what is run instead of .ci/run
set -eu
cd "$(dirname "$0")/.."
version=$1 key=${2-}
tag=v$version

die() {
	echo "release: fatal: $*" >&2
	exit 1
}
[ -e .git ] || die 'this is no clone of the repository'
[ -z "$(git status --porcelain)" ] || die "the tree is not clean: git status"
! git rev-parse -q --verify "refs/tags/$tag" >/dev/null || die "$tag is there already; the version stands in configure.ac"
grep -q "^$version (20[0-9][0-9]-[0-9][0-9]-[0-9][0-9])\$" NEWS || die "NEWS has no line \"$version (YYYY-MM-DD)\""
grep -q "^disablenetwork ($version-" packaging/deb/changelog || die "packaging/deb/changelog has no entry for $version"
grep -q "^Version: *$version\$" packaging/rpm/disablenetwork.spec || die "packaging/rpm/disablenetwork.spec is of another version"
[ -z "$key" ] || gpg --list-secret-keys "$key" >/dev/null || die "gpg has no secret key $key"
commit=$(git rev-parse HEAD)

${RELEASE_CHECK-bash .ci/run} || die 'something fails'

# From a clone, so that nothing of this folder gets into it.
rm -rf release && mkdir release
git clone -q . release/source
(cd release/source && autoreconf -i >/dev/null 2>&1 && ./configure --quiet && make -s dist && mv "disablenetwork-$version.tar.gz" ..) ||
	die 'unable to make the tarball'
rm -rf release/source
[ "$(git rev-parse HEAD) $(git status --porcelain)" = "$commit " ] || die 'the tree has changed meanwhile'
cd release
sha256sum "disablenetwork-$version.tar.gz" >SHA256SUMS
if [ -n "$key" ]; then
	for file in "disablenetwork-$version.tar.gz" SHA256SUMS; do
		gpg --batch --yes --local-user "$key" --armor --detach-sign "$file" || die "unable to sign $file"
	done
	git tag -u "$key" -m "disablenetwork $version" "$tag"
else
	echo 'release: no KEY, so nothing is signed' >&2
	git tag -a -m "disablenetwork $version" "$tag"
fi
echo "release: $tag is $commit; in release/: $(echo *); now: git push origin $tag"
