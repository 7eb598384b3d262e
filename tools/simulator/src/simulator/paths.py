"""What every path of the Graph API begins with."""

import re

VERSION = re.compile(r"v\d{1,2}\.\d")
