from pathlib import Path

import pandas

rides = pandas.read_csv(Path(__file__).with_name("rides.csv"), parse_dates=["day"])
print(rides.groupby("city")["rides"].agg(["sum", "max"]).to_string())
