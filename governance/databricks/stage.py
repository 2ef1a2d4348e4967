"""One stage of c360 as a task of a Databricks job: `stage.py ingest contacts /Volumes/…/contacts.csv`.

The runner of tasks takes every SystemExit for a failure, that of a success too.
"""

from c360.cli import main

try:
    main()
except SystemExit as ended:
    if ended.code:
        raise
