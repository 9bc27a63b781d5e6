# Descent Lab in a container, for a CPU or, with this build argument, for an NVIDIA GPU:
#   --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130
# The server accepts only the names of this machine. Set STREAMLIT_SERVER_ALLOWED_HOSTS to accept
# others, separated by spaces.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

RUN useradd --create-home --uid 1000 lab && install --directory --owner=lab --group=lab /data
WORKDIR /app

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY requirements.txt requirements-login.txt ./
RUN grep -E '^torch(vision)?==' requirements.txt > /tmp/torch.txt \
    && python -m pip install --index-url "$TORCH_INDEX" -r /tmp/torch.txt \
    && python -m pip install -r requirements-login.txt \
    && rm /tmp/torch.txt

COPY --chown=lab:lab .streamlit ./.streamlit
COPY --chown=lab:lab assets ./assets
COPY --chown=lab:lab core ./core
COPY --chown=lab:lab pages ./pages
COPY --chown=lab:lab app.py LICENSE ./

ENV LAB_HOME=/data \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_ALLOWED_HOSTS="localhost 127.0.0.1" \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost
USER 1000:1000
VOLUME /data
EXPOSE 8501
STOPSIGNAL SIGTERM

# Uses an allowed host name, and connects to the server directly even if a proxy is configured.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; e = os.environ; c = http.client.HTTPConnection('127.0.0.1', int(e['STREAMLIT_SERVER_PORT']), timeout=4); c.request('GET', '/_stcore/health', headers={'Host': e['STREAMLIT_SERVER_ALLOWED_HOSTS'].split()[0]}); sys.exit(c.getresponse().status != 200)"]

ENTRYPOINT ["python", "-m", "streamlit", "run", "app.py"]
