"""May it be imported: parties screened, papers and dates, requirements by code and origin."""
