# Packages are installed in a stage of their own: neither pip's caches nor anything that builds reaches the image.
FROM python:3.12-slim AS packages
WORKDIR /build
# requirements-cluster.lock, for app and workers of an instance on Dask, holds all of requirements.lock and Dask.
ARG REQUIREMENTS=requirements.lock
COPY requirements.lock requirements-cluster.lock ./
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --require-hashes --only-binary=:all: -r "$REQUIREMENTS" \
 && find /venv -type d -name tests -not -path "*/numpy/*" -prune -exec rm -rf {} +
COPY .streamlit /app/.streamlit
COPY app.py deploy/healthcheck.py deploy/start.py /app/
COPY pages /app/pages
COPY initviz /app/initviz
# Whole seconds, as layers keep them: Numba loads what was compiled from a file of exactly this time.
RUN find /app -name "*.py" -exec touch -d "2026-01-01" {} + \
 && python -m compileall -q -x "[.]streamlit" /app
WORKDIR /app
RUN NUMBA_CACHE_DIR=/app/compiled /venv/bin/python -m initviz compile \
 && chmod -R a+rX /app

FROM python:3.12-slim
COPY --from=packages /venv /venv
COPY --from=packages /app /app
WORKDIR /app

# What a shared instance wants; docs/deployment.md says why. All of it can be set from outside.
ENV PATH=/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1 \
    MALLOC_ARENA_MAX=2 \
    NUMBA_CACHE_DIR=/tmp/initviz-compiled \
    INITVIZ_MEMORY_MIB=384 \
    INITVIZ_CACHE_MIB=64 \
    INITVIZ_MAX_MIB=256 \
    INITVIZ_MAX_GFLOP=125 \
    INITVIZ_MAX_SEEDS=20 \
    INITVIZ_LOG=json \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none \
    STREAMLIT_SERVER_SCRIPT_HEALTH_CHECK_ENABLED=true \
    STREAMLIT_SERVER_MAX_UPLOAD_SIZE=8 \
    STREAMLIT_SERVER_MAX_MESSAGE_SIZE=4 \
    STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL=60 \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost \
    STREAMLIT_BROWSER_GATHER_USAGE_STATS=false \
    STREAMLIT_CLIENT_SHOW_ERROR_DETAILS=none \
    STREAMLIT_CLIENT_TOOLBAR_MODE=viewer \
    STREAMLIT_RUNNER_POST_SCRIPT_GC=false

USER 10001:10001
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=90s --retries=3 \
    CMD ["python", "healthcheck.py"]
ENTRYPOINT ["python", "start.py"]
