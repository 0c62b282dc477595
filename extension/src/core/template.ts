/** What *Create Configuration* writes: valid as it is, with everything left to be found. */
export const configurationTemplate = `# Everything here may be left out: "PyContainer: Show Build Plan" tells what was found, and where.

[build]
# base_image = "python:3.12-slim"
# tags = ["ghcr.io/acme/api:1.0"]
# platforms = ["linux/amd64", "linux/arm64"]
# entrypoint = ["uvicorn", "app:app", "--host", "0.0.0.0"]

[build.env]
# LOG_LEVEL = "info"
`;
