# The Atlas command line runs the same migrations as "latchkeep migrate", in either order:
#
#   LATCHKEEP_DATABASE_MIGRATE_URL='postgres://…' atlas migrate apply --env postgres
#   LATCHKEEP_DATABASE_MIGRATE_URL='mysql://…'    atlas migrate status --env mysql
#   LATCHKEEP_DATABASE_MIGRATE_URL='sqlite://latchkeep.db' atlas migrate validate --env sqlite
#
# The URL is that of the owner of the tables. For PostgreSQL it must say search_path=public.
# LATCHKEEP_ATLAS_DEV_URL, an empty database, is only needed by "atlas migrate lint" and "atlas migrate validate" with a database.
# To write a new migration, use "make migration NAME=…".

locals {
  url = getenv("LATCHKEEP_DATABASE_MIGRATE_URL")
  dev = getenv("LATCHKEEP_ATLAS_DEV_URL")
}

env "postgres" {
  url = local.url
  dev = local.dev
  migration {
    dir = "file://ent/migrate/migrations/postgres"
  }
}

env "mysql" {
  url = local.url
  dev = local.dev
  migration {
    dir = "file://ent/migrate/migrations/mysql"
  }
}

env "sqlite" {
  url = local.url
  dev = local.dev
  migration {
    dir = "file://ent/migrate/migrations/sqlite"
  }
}
