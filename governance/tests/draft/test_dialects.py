"""Tables as the tools of a dozen databases write them: types that Postgres has, keys, comments; every draft lints."""

from pathlib import Path
from typing import Any

import pytest

from c360.clause.types import is_known
from c360.contract import find_contracts
from c360.contract.catalog import Catalog
from c360.contract.classifications import classifications
from c360.contract.document import read_document
from c360.draft.sources import drafts_of
from c360.draft.write import as_yaml
from c360.generate import plan
from c360.lint.lint import lint

DUMP = r"""
\connect town
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$ begin; create table x (a int); end; $$;
CREATE TABLE public.v (id integer NOT NULL, note text, bits bit varying(5), tags integer[]);
COPY public.v (id, note) FROM stdin;
1	\N
2	create table; it's
\.


ALTER TABLE ONLY public.v ADD CONSTRAINT v_pkey PRIMARY KEY (id);
COPY public.w (id) FROM stdin;
\.
COMMENT ON COLUMN public.v.note IS 'Said.';
"""
TSQL = """USE [town]
GO
SET ANSI_NULLS ON
go
CREATE TABLE [dbo].[V](
    [ID] [int] IDENTITY(1,1) NOT NULL, [b] [bit] NULL, [n] [nvarchar](max) NULL, [v] varbinary(max), [t] [tinyint],
    [sm] smallmoney, [h] [hierarchyid] NULL, [d] [datetime2](7), [x] [xml], [u] [dbo].[own], [r] rowversion,
    [s] [varchar](20), [f] float, [g] uniqueidentifier,
 CONSTRAINT [PK_V] PRIMARY KEY CLUSTERED ([ID] ASC) WITH (PAD_INDEX = OFF, IGNORE_DUP_KEY = OFF) ON [PRIMARY]
) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]
GO 2
ALTER TABLE [dbo].[V]  WITH CHECK ADD  CONSTRAINT [UQ_V] UNIQUE NONCLUSTERED ([s] ASC)
GO
EXEC sys.sp_addextendedproperty @name=N'MS_Description', @value=N'Counts.' , @level0type=N'SCHEMA',@level0name=N'dbo',
 @level1type=N'TABLE',@level1name=N'V', @level2type=N'COLUMN',@level2name=N'ID'
GO
"""
MYSQL = """/*!40101 SET NAMES utf8 */;
DROP TABLE IF EXISTS `v`;
CREATE TABLE `v` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT, `b` bigint(20) unsigned DEFAULT NULL, `t` tinyint(1) DEFAULT '0',
  `m` mediumint(8) unsigned, `e` enum('booked','it''s done') NOT NULL COMMENT 'State.', `s` set('x','y'), `y` year(4),
  `f` bit(1), `b8` bit(8), `d` double(10,2), `lb` longblob, `lt` longtext, `at` timestamp NULL, `p` point,
  `n` decimal(10,2) unsigned, `dur` time,
  PRIMARY KEY (`id`), KEY `k` (`t`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Visits.';
LOCK TABLES `v` WRITE;
INSERT INTO `v` VALUES (1,'it\\'s; create table x (a int)');
UNLOCK TABLES;
DELIMITER ;;
CREATE TRIGGER x BEFORE INSERT ON v FOR EACH ROW BEGIN SET @a = 1; END ;;
DELIMITER ;
"""
ORACLE = """CREATE TABLE "S"."V" (
 "ID" NUMBER(10,0) NOT NULL ENABLE, "N" NUMBER, "C" NUMBER(12,2), "NEG" NUMBER(10,-2), "R" RAW(16),
 "V" VARCHAR2(30 CHAR), "D" DATE DEFAULT SYSDATE, "L" LONG, "LR" LONG RAW, "B" BLOB, "X" "SYS"."XMLTYPE",
 "I" INTERVAL DAY(2) TO SECOND(6), "T" TIMESTAMP (6) WITH LOCAL TIME ZONE, "F" FLOAT(126), "CL" CLOB,
 CONSTRAINT "V_PK" PRIMARY KEY ("ID") USING INDEX PCTFREE 10 INITRANS 2 TABLESPACE "USERS"  ENABLE
) SEGMENT CREATION IMMEDIATE PCTFREE 10 NOCOMPRESS LOGGING TABLESPACE "USERS" ;
COMMENT ON TABLE "S"."V" IS 'Visits.';
/
"""
REDSHIFT = """CREATE TABLE public.v (id INT8 NOT NULL ENCODE az64 DISTKEY,
 a VARCHAR(MAX) ENCODE lzo, s SUPER, g GEOMETRY,
 b VARBYTE(64), h HLLSKETCH, PRIMARY KEY (id)) DISTSTYLE KEY SORTKEY (id);"""
SNOWFLAKE = """create or replace TABLE T.S.V (ID NUMBER(38,0) NOT NULL COMMENT 'Names it.',
 V VARCHAR(16777216), VA VARIANT,
 A ARRAY, O OBJECT, L TIMESTAMP_LTZ(9), N TIMESTAMP_NTZ(9), Z TIMESTAMP_TZ(9), B BINARY(8388608), G GEOGRAPHY,
 SECRET VARCHAR(9) WITH MASKING POLICY T.S.P, KIND VARCHAR(9) WITH TAG (T.S.PII='yes'),
 primary key (ID)) COMMENT='Visits.';"""
BIGQUERY = """CREATE TABLE `p.d.v` (id INT64 NOT NULL OPTIONS(description='Names it.'), a STRING(50), n BIGNUMERIC,
 st STRUCT<city STRING, zip INT64>, l ARRAY<STRUCT<x INT64, y ARRAY<STRING>>>,
 t TIMESTAMP, dt DATETIME, by BYTES, j JSON,
 g GEOGRAPHY, shut STRING OPTIONS(policy_tags='["projects/x"]'), PRIMARY KEY (id) NOT ENFORCED)
 PARTITION BY DATE(t) CLUSTER BY id OPTIONS(description='Visits.');"""
DATABRICKS = """CREATE TABLE c.s.v (id BIGINT NOT NULL COMMENT 'Names it.',
 st STRUCT<city: STRING COMMENT 'Where.', zip: INT>,
 m MAP<STRING, INT>, l ARRAY<DOUBLE>, t TIMESTAMP, n TIMESTAMP_NTZ, ti TINYINT, bi BINARY, v VARIANT,
 CONSTRAINT pk PRIMARY KEY (id)) USING DELTA COMMENT 'Visits.' PARTITIONED BY (t) TBLPROPERTIES ('a' = 'b');"""
DUCKDB = """CREATE TABLE v (id UBIGINT PRIMARY KEY, h HUGEINT, u UINTEGER, l INTEGER[], st STRUCT(a INT, b VARCHAR),
 m MAP(VARCHAR, INT), e ENUM('a','b'), ts TIMESTAMP_NS, un UNION(num INT, str VARCHAR), b BLOB, v VARCHAR);"""
TRINO = """CREATE TABLE v (id bigint COMMENT 'Names it.',
 r row(a varchar, b bigint), l array(varchar), m map(varchar, double),
 t timestamp(3) with time zone, ip ipaddress, v varbinary) COMMENT 'Visits.' WITH (format = 'ORC');"""
CLICKHOUSE = """CREATE TABLE v (id UInt64, s LowCardinality(Nullable(String)),
 d DateTime64(3), e Enum8('a' = 1, 'b' = 2),
 l Array(String), f FixedString(16), i Int256, t Tuple(a Int32, b String), n Decimal(18, 4))
 ENGINE = MergeTree ORDER BY id;"""
SQLITE = """CREATE TABLE v (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL, r REAL, b BLOB, x, d DATETIME,
 u UNSIGNED BIG INT, vc VARCHAR(20));"""
TEXT_OF = {
    "postgres": DUMP, "tsql": TSQL, "mysql": MYSQL, "oracle": ORACLE, "redshift": REDSHIFT, "snowflake": SNOWFLAKE,
    "bigquery": BIGQUERY, "databricks": DATABRICKS, "duckdb": DUCKDB, "trino": TRINO, "clickhouse": CLICKHOUSE,
    "sqlite": SQLITE,
}  # fmt: skip
TYPES: dict[str, str] = {
    "postgres": "id integer, note text, bits varbit(5), tags integer[]",
    "tsql": "ID integer, b boolean, n text, v bytea, t smallint, sm numeric(10,4), h text, d timestamp, x xml, u text,"
    " r bytea, s varchar(20), f double precision, g uuid",
    "mysql": "id bigint, b numeric(20,0), t smallint, m integer, e text, s text, y smallint, f boolean, b8 bit(8),"
    " d double precision, lb bytea, lt text, at timestamp, p text, n numeric(10,2), dur interval",
    "oracle": "ID numeric(10,0), N numeric, C numeric(12,2), NEG numeric(12,0), R bytea, V varchar(30), D timestamp,"
    " L text, LR bytea, B bytea, X text, I interval, T timestamptz, F numeric, CL text",
    "redshift": "id bigint, a text, s jsonb, g text, b bytea, h text",
    "snowflake": "ID numeric(38,0), V text, VA jsonb, A jsonb, O jsonb, L timestamptz, N timestamp, Z timestamptz,"
    " B bytea,"
    " G text, SECRET varchar(9), KIND varchar(9)",
    "bigquery": "id bigint, a varchar(50), n numeric, st jsonb, l jsonb, t timestamptz,"
    " dt timestamp, by bytea, j jsonb,"
    " g text, shut text",
    "databricks": "id bigint, st jsonb, m jsonb, l jsonb, t timestamptz, n timestamp, ti smallint, bi bytea, v jsonb",
    "duckdb": "id numeric(20,0), h numeric(39,0), u bigint, l jsonb, st jsonb, m jsonb, e text, ts timestamp, un text,"
    " b bytea, v text",
    "trino": "id bigint, r jsonb, l jsonb, m jsonb, t timestamptz, ip text, v bytea",
    "clickhouse": "id numeric(20,0), s text, d timestamp, e text, l jsonb, f varchar(16), i numeric(78,0), t jsonb,"
    " n numeric(18,4)",
    "sqlite": "id bigint, a text, r double precision, b bytea, x text, d timestamp, u bigint, vc varchar(20)",
}
KEYED = set(TEXT_OF) - {"trino", "clickhouse"}


def drafted(folder: Path, dialect: str, text: str) -> dict[str, dict[str, Any]]:
    """The documents by name, which lint without an error, with known types, and generate."""
    (folder / "v.sql").write_text(text)
    found = {}
    for draft in drafts_of({folder / "v.sql": ""}, classifications(), {}, (), dialect):
        path = folder / "contracts" / "sources" / draft.name / "0.1.0.odcs.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(as_yaml(draft))
        found[draft.name] = read_document(path)
    findings = lint(folder / "contracts", classifications())
    assert [f.message for f in findings if f.severity == "error" or f.rule == "unknown-type"] == []
    assert plan(Catalog.of(find_contracts(folder / "contracts")))
    return found


def columns(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {prop["name"]: prop for prop in document["schema"][0]["properties"]}


@pytest.mark.parametrize("dialect", TEXT_OF)
def test_what_each_dialect_writes_has_types_of_postgres_and_its_key(tmp_path: Path, dialect: str) -> None:
    (document,) = drafted(tmp_path, dialect, TEXT_OF[dialect]).values()
    found = columns(document)
    written = {name: prop["physicalType"] for name, prop in found.items()}
    assert written == dict(one.strip().split(" ", 1) for one in TYPES[dialect].split(", "))
    assert all(map(is_known, written.values()))
    keys = [name for name, prop in found.items() if prop.get("primaryKey")]
    assert [key.lower() for key in keys] == (["id"] if dialect in KEYED else [])


@pytest.mark.parametrize("dialect", ["mysql", "oracle", "snowflake", "bigquery", "databricks", "trino"])
def test_descriptions_are_kept(tmp_path: Path, dialect: str) -> None:
    (document,) = drafted(tmp_path, dialect, TEXT_OF[dialect]).values()
    assert document["schema"][0]["description"] == "Visits."
    said = [prop["description"] for prop in columns(document).values()]
    assert dialect == "oracle" or {"Names it.", "State."} & set(said)


def test_what_is_said_of_types_in_two_ways(tmp_path: Path) -> None:
    mysql = columns(drafted(tmp_path, "mysql", MYSQL)["v"])
    assert mysql["e"]["enum"] == [{"value": "booked"}, {"value": "it's done"}] and mysql["e"]["required"]
    text = (tmp_path / "contracts/sources/v/0.1.0.odcs.yaml").read_text()
    assert "set('x', 'y')" in text.lower() and r"a CSV holds them as \x and hexadecimal digits" in text


def test_parts_of_structures_are_properties_and_items(tmp_path: Path) -> None:
    found = columns(drafted(tmp_path, "bigquery", BIGQUERY)["v"])
    assert [(one["name"], one["logicalType"]) for one in found["st"]["properties"]] == [
        ("city", "string"), ("zip", "integer"),
    ]  # fmt: skip
    assert [one["name"] for one in found["l"]["items"]["properties"]] == ["x", "y"]
    assert (found["st"]["logicalType"], found["l"]["logicalType"]) == ("object", "array")


def test_masked_and_tagged_columns_are_closed(tmp_path: Path) -> None:
    found = columns(drafted(tmp_path, "snowflake", SNOWFLAKE)["V"])
    assert {found["SECRET"]["classification"], found["KIND"]["classification"]} == {"pii_direct"}
    (tmp_path / "b").mkdir()
    assert columns(drafted(tmp_path / "b", "bigquery", BIGQUERY)["v"])["shut"]["classification"] == "pii_direct"


def test_keys_and_comments_of_t_sql_stand_behind_go(tmp_path: Path) -> None:
    found = columns(drafted(tmp_path, "tsql", TSQL)["V"])
    assert found["ID"]["description"] == "Counts." and found["s"]["unique"]


def test_a_table_has_the_columns_of_what_it_is_like_and_inherits_from(tmp_path: Path) -> None:
    text = (
        "create table p (id integer primary key, a text); create table l (like p including all);"
        " create table c (b text) inherits (p); create table o (like gone, n integer);"
    )
    found = drafted(tmp_path, "postgres", text)
    assert {name: list(columns(document)) for name, document in found.items()} == {
        "p": ["id", "a"], "l": ["id", "a"], "c": ["id", "a", "b"], "o": ["n"],
    }  # fmt: skip
    assert columns(found["l"])["id"]["primaryKey"] and "primaryKey" not in columns(found["c"])["id"]
    assert "no such table stands before it" in (tmp_path / "contracts/sources/o/0.1.0.odcs.yaml").read_text()


def test_what_cannot_be_parsed_is_told_and_costs_no_other_column(tmp_path: Path) -> None:
    text = "create table v (id int primary key, a int frobnicate 'Jane' not null, b text);"
    found = columns(drafted(tmp_path, "mysql", text)["v"])
    assert list(found) == ["id", "a", "b"] and found["a"]["required"] and found["id"]["primaryKey"]
    told = (tmp_path / "contracts/sources/v/0.1.0.odcs.yaml").read_text()
    assert "Not read: frobnicate" in told and "Jane" not in told


def test_a_table_that_two_schemas_have_is_taken_once_and_told(tmp_path: Path) -> None:
    path = tmp_path / "d.sql"
    path.write_text("create table a.t (id int); create table b.t (other text); create table a.t (id bigint, n int);")
    (draft,) = drafts_of({path: ""}, classifications(), {})
    assert [prop.document["name"] for prop in draft.tables[0].properties] == ["id", "n"]
    assert "# Not read: the table of that name in the schema b." in as_yaml(draft)
