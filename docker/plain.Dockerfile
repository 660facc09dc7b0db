# The image that most articles build, for comparison only: a whole base, pip, one stage, root, a shell in between.
ARG BASE=python:3.13-slim
FROM ${BASE}
ARG APP
WORKDIR /app
COPY ${APP}/requirements.txt .
RUN pip install -r requirements.txt
COPY ${APP} ${APP}
ENV APP=${APP} HOST=0.0.0.0
CMD python -m $APP
