#!/bin/sh
# Makes the passwords and keys of the compose deployment: docker/secrets, one file each, readable
# by their owner alone, and docker/.env, which says who that is. What is there already is kept.
#
# Compose hands secret files to containers with the owner and the mode that they have here, so all
# containers run as that owner: whoever runs this, or user 10001 if root does.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets

if [ "$(id -u)" = 0 ]; then owner=10001:10001; else owner=$(id -u):$(id -g); fi

random() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

keep() {  # keep NAME VALUE: a file without a line end, unless it is there
    [ -s "secrets/$1" ] && return
    printf '%s' "$2" > "secrets/.$1"
    mv "secrets/.$1" "secrets/$1"
    echo "made docker/secrets/$1"
}

redis() {  # redis NAME: the password in the server's configuration and in our processes' URL
    [ -s "secrets/$1_auth" ] && [ -s "secrets/photofeed_$1_url" ] && return
    rm -f "secrets/$1_auth" "secrets/photofeed_$1_url"
    password=$(random 24)
    keep "$1_auth" "requirepass $password"
    keep "photofeed_$1_url" "redis://:$password@$1:6379/0"
}

keep photofeed_token_secret "$(random 32)"
keep photofeed_object_store_access_key "$(random 10)"
keep photofeed_object_store_secret_key "$(random 20)"
keep photofeed_object_store_upload_access_key "$(random 10)"
keep photofeed_object_store_upload_secret_key "$(random 20)"
keep mongodb_keyfile "$(random 48)"
keep mongodb_admin_password "$(random 24)"
keep photofeed_mongodb_url \
    "mongodb://photofeed:$(random 24)@mongodb:27017/photofeed?replicaSet=photofeed&authSource=photofeed"
redis broker
redis cache

if [ "$(id -u)" = 0 ]; then chown -R "$owner" secrets; fi
[ -s .env ] || printf 'PHOTOFEED_USER=%s\n' "$owner" > .env
echo "All there. Owner: $owner. Set the rest in docker/.env; see the README."
