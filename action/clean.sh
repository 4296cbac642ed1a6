# Sourced: what the Action's installers may know. Keys are in the environment of the Action's steps, and an
# installer runs code of packages and talks to the network, so it gets a list of variables and no others.

KEPT='^(PATH|HOME|USER|SHELL|LANG|LC_[A-Z]+|TZ|TMPDIR|TEMP|TMP|RUNNER_TEMP|GITHUB_ACTION_PATH'\
'|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*'\
'|NUMBER_OF_PROCESSORS|PROCESSOR_ARCHITECTURE|MSYSTEM|XDG_[A-Z]+_HOME|LD_LIBRARY_PATH'\
'|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|PIP_[A-Z_]+|UV_[A-Z_]+|(HTTPS?|ALL|NO)_PROXY)$'
STRIPES='(sk|rk|pk|whsec)_[A-Za-z0-9_]{8}' # a key of Stripe's, whatever its variable is called

# Run a command without any variable that is not on the list.
without_secrets() {
  local name kept=()
  shopt -s nocasematch
  for name in $(compgen -e); do
    if [[ $name =~ $KEPT && ! ${!name} =~ $STRIPES ]]; then kept+=("$name=${!name}"); fi
  done
  shopt -u nocasematch
  env -i "${kept[@]}" PYTHONNOUSERSITE=1 PYTHONSAFEPATH=1 "$@"
}
