import os
import secrets

# Without a key of its own every start forgets the sessions of the last one.
SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(50)
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")
ROOT_URLCONF = "site_config.urls"
WSGI_APPLICATION = "site_config.wsgi.application"
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
