//! What is served: a fixed data set, three tools over it, and one user.

use std::fs;
use std::path::{Path, PathBuf};

use super::postgres_cluster;

/// Rows of the data set.
const ROWS: u32 = 1_000_000;

/// A tool, and the same SQL for a program of its own.
pub(crate) struct Query {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    /// The argument of the tool, in JSON.
    pub(crate) arguments: &'static str,
    /// The same for a prepared statement.
    pub(crate) parameter: Option<i64>,
}

/// From next to no work in SQL to a lot of it. Their results have a fixed size.
pub(crate) const QUERIES: [Query; 3] = [
    Query {
        name: "constant",
        sql: "SELECT 42 AS answer",
        arguments: "{}",
        parameter: None,
    },
    Query {
        name: "lookup",
        sql: "SELECT id, customer, region, amount FROM orders WHERE id = $id",
        arguments: r#"{"id":654321}"#,
        parameter: Some(654_321),
    },
    Query {
        name: "aggregate",
        sql: "SELECT region, count(*) AS orders, sum(amount) AS amount FROM orders WHERE id > $id GROUP BY region ORDER BY region",
        arguments: r#"{"id":500000}"#,
        parameter: Some(500_000),
    },
];

/// Where logins are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Persistence {
    Sqlite,
    Postgresql,
}

/// The database file, made once.
pub(crate) struct DataSet {
    folder: tempfile::TempDir,
}

impl DataSet {
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("orders.duckdb")
    }
}

/// The same rows in each run.
pub(crate) fn data_set() -> DataSet {
    let data = DataSet {
        folder: tempfile::tempdir().unwrap(),
    };
    let connection = duckdb::Connection::open(data.file()).unwrap();
    let rows = format!(
        "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer VARCHAR, region VARCHAR, amount DECIMAL(12, 2));
         INSERT INTO orders SELECT i, 'customer ' || (i * 7919 % 50000), 'region ' || (i * 31 % 10), (i % 100000) / 100
         FROM range({ROWS}) AS numbers(i); CHECKPOINT;"
    );
    connection.execute_batch(&rows).unwrap();
    data
}

/// A project in a folder of its own.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    pub(crate) store: Store,
}

/// Where exactly logins are kept.
pub(crate) enum Store {
    Sqlite(PathBuf),
    Postgresql(String),
}

impl Project {
    pub(crate) fn write(data: &DataSet, persistence: Persistence) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = match persistence {
            Persistence::Sqlite => Store::Sqlite(folder.path().join("oauth.db")),
            Persistence::Postgresql => Store::Postgresql(postgres_cluster::new_database()),
        };
        let project = Self { folder, store };
        let site = format!(
            "mxcp: 1\nproject: bench\nprofile: default\nprofiles:\n  default:\n    duckdb:\n      path: {}\n      readonly: true\n",
            data.file().display()
        );
        project.file("mxcp-site.yml", &site);
        let kept = match &project.store {
            Store::Sqlite(path) => format!("type: sqlite\n            path: {}", path.display()),
            Store::Postgresql(url) => format!(
                "type: postgresql\n            url: \"{url}\"\n            auth_encryption_key: {}",
                "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
            ),
        };
        project.file("config.yml", &CONFIGURATION.replace("KEPT", &kept));
        for query in &QUERIES {
            project.tool(query);
        }
        project
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, path: &str, content: &str) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn tool(&self, query: &Query) {
        let parameters = match query.parameter {
            Some(_) => "  parameters:\n    - {name: id, type: integer, description: An order.}\n",
            None => "",
        };
        let (name, sql) = (query.name, query.sql);
        let yaml = format!(
            "mxcp: 1\ntool:\n  name: {name}\n  description: A query.\n{parameters}  source:\n    code: {sql}\n"
        );
        self.file(&format!("tools/{name}.yml"), &yaml);
    }
}

pub(crate) const USERNAME: &str = "testuser";
pub(crate) const PASSWORD: &str = "testpass";

/// Without limits by network: thousands of logins come from one.
const CONFIGURATION: &str = r#"mxcp: 1
transport: {http: {rate_limits: {register: 0, authorize: 0, token: 0, introspect: 0}}}
projects:
  bench:
    profiles:
      default:
        auth:
          provider: local
          local:
            users:
              - username: testuser
                password_hash: "$argon2id$v=19$m=19456,t=2,p=1$zHDspIoOgfl6G7+/VXywbw$ItKWrt3LAl2eNNme1OozmaHsVpKd64DmOpSWuq0K2v4"
          clients:
            - client_id: bench
              name: Benchmark
              redirect_uris: [http://localhost:3000/callback]
              grant_types: [authorization_code, refresh_token]
            - client_id: resource-server
              client_secret: resource-server-secret
              name: Resource server
              redirect_uris: [http://localhost:3000/callback]
          persistence:
            KEPT
"#;
