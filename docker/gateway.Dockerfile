# nginx with our configuration, for people who want a proxy before the services; nothing is measured through it.
ARG NGINX=nginx:stable-alpine
FROM ${NGINX}
LABEL org.opencontainers.image.licenses=MIT \
    org.opencontainers.image.title=nginx-gateway \
    org.opencontainers.image.description="nginx before the two services"
COPY docker/gateway.conf /etc/nginx/nginx.conf
USER 65532:65532
STOPSIGNAL SIGQUIT
EXPOSE 8300 8301
ENTRYPOINT ["nginx"]
CMD ["-e", "/dev/stderr"]
