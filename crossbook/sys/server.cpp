// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <map>

#include "crossbook/sys/tap.hpp"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

namespace crossbook::sys {

std::string_view HttpRequest::host() const {
  const std::string_view line = find_header(headers, "Host").value_or("");
  return line.substr(0, line.find(':', line.starts_with('[') ? line.find(']') : 0));
}
std::string_view HttpRequest::path() const { return std::string_view(target).substr(0, target.find('?')); }
std::string_view HttpRequest::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

std::string websocket_frame(std::uint8_t opcode, std::string_view payload, bool final) {
  std::string frame;
  const auto put = [&](std::size_t byte) { frame.push_back(static_cast<char>(byte & 0xff)); };
  constexpr std::size_t length_of_16_bits = 126, length_of_64_bits = 127;
  frame.reserve(payload.size() + 10);
  put((final ? 0x80U : 0U) | opcode);
  const std::size_t size = payload.size();
  const int length_bytes = size < length_of_16_bits ? 0 : size <= 0xffff ? 2 : 8;
  put(length_bytes == 0 ? size : length_bytes == 2 ? length_of_16_bits : length_of_64_bits);
  for (int byte = length_bytes - 1; byte >= 0; --byte) put(size >> (8 * byte));
  frame.append(payload);
  return frame;
}

namespace {

// What the connections need of their server, and may outlive.
struct Shared {
  Shared(Loop& used, ServerOptions given, ServerHandler& told)
      : loop(used), options(std::move(given)), handler(&told) {}
  Loop& loop;
  ServerOptions options;
  ServerHandler* handler;  // nullptr once the server is gone
  std::function<void(PeerId)> remove;
};

std::string answer_text(const HttpAnswer& answer, bool keep) {
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\n", answer.status,
                  std::string(http::obsolete_reason(http::int_to_status(static_cast<unsigned>(answer.status)))));
  for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!find_header(answer.headers, "Content-Type")) text += "Content-Type: application/json\r\n";
  if (!find_header(answer.headers, "Content-Length")) text += fmt::format("Content-Length: {}\r\n", answer.body.size());
  if (!keep) text += "Connection: close\r\n";
  return text + "\r\n" + answer.body;
}

// One connection, from its first byte to its last. Everything that is sent goes through the tap's one queue of bytes,
// so that what Beast answers by itself (pongs, close frames) never falls into the middle of something else.
class Connection final : public Peer, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Shared> shared, PeerId id, TcpSocket socket, std::string address)
      : shared_(std::move(shared)),
        id_(id),
        address_(std::move(address)),
        socket_(std::move(socket)),
        buffer_(shared_->options.message_bytes_max) {}

  void start(bool answering) {
    if (!answering) return ignore_all();
    if (shared_->options.tls == nullptr) return read_request();
    tap().wire().use_tls(*shared_->options.tls);
    tap().wire().tls()->async_handshake(asio::ssl::stream_base::server,
                                        [self = shared_from_this()](const ErrorCode& error) {
                                          if (error) return self->gone(0);
                                          self->read_request();
                                        });
  }
  void forget() {
    gone_ = true;
    tap().close();
  }

  PeerId id() const override { return id_; }
  const std::string& address() const override { return address_; }
  void answer(const HttpAnswer& answer) override;
  void upgrade(bool deflate) override;
  void send_text(std::string_view text) override { send(text, true); }
  void send_binary(std::string_view bytes) override { send(bytes, false); }
  void ping(std::string_view payload) override {
    if (open_) put(websocket_frame(9, payload.substr(0, 125)));
  }
  void close(std::uint16_t code, std::string_view reason) override;
  std::size_t unsent_bytes() const override { return socket_.next_layer().unsent_bytes() + waiting_bytes_; }
  void send_raw(std::string_view bytes) override { put(std::string(bytes)); }
  void pause_reading(bool paused) override { tap().pause(paused); }
  void mute(bool muted) override { tap().mute(muted); }
  void end() override;
  void reset() override;

 private:
  [[nodiscard]] Tap& tap() { return socket_.next_layer(); }
  void ignore_all();
  void read_request();
  void on_request(const ErrorCode& error);
  void watch_for_end();
  void on_upgraded(const ErrorCode& error);
  void read_message();
  void on_message(const ErrorCode& error);
  void on_control(websocket::frame_type kind, beast::string_view payload);
  void send(std::string_view bytes, bool text);
  void put(std::string bytes);
  void compress_next();
  void gone_later();
  void gone(std::uint16_t code);

  // A message that permessage-deflate has to compress, or bytes that must not overtake one.
  struct Waiting {
    enum class Kind : std::uint8_t { text, binary, raw } kind;
    std::string bytes;
  };

  std::shared_ptr<Shared> shared_;
  PeerId id_;
  std::string address_;
  websocket::stream<Tap> socket_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::request<http::string_body> request_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool compressing_ = false;
  bool deflate_ = false;
  bool asked_ = false;      // a request has been handed to the handler
  bool answering_ = false;  // and waits for its answer
  bool keep_ = true;
  bool upgrading_ = false;
  bool open_ = false;
  bool gone_ = false;
};

// Reads what comes only to learn when the client has gone.
void Connection::ignore_all() {
  tap().wire().socket().async_read_some(buffer_.prepare(1024),
                                        [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                                          if (self->gone_) return;
                                          if (error) return self->gone(0);
                                          self->ignore_all();
                                        });
}

void Connection::read_request() {
  if (gone_) return;
  parser_.emplace();
  parser_->body_limit(shared_->options.body_bytes_max);
  // The header on its own first: Beast 1.74 forgets that a body is over the limit when it reads both at once.
  http::async_read_header(tap(), buffer_, *parser_, [self = shared_from_this()](const ErrorCode& error, std::size_t) {
    if (error || self->gone_) return self->on_request(error);
    http::async_read(self->tap(), self->buffer_, *self->parser_,
                     [self](const ErrorCode& of_body, std::size_t) { self->on_request(of_body); });
  });
}

void Connection::on_request(const ErrorCode& error) {
  if (gone_ || shared_->handler == nullptr) return;
  if (error) return gone(0);
  request_ = parser_->release();
  HttpRequest request;
  request.method = std::string(request_.method_string());
  request.target = std::string(request_.target());
  for (const auto& field : request_)
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  request.body = std::move(request_.body());
  keep_ = request_.keep_alive();
  asked_ = answering_ = true;
  if (websocket::is_upgrade(request_)) {
    shared_->handler->on_upgrade(*this, request);
  } else {
    shared_->handler->on_request(*this, request);
  }
  if (answering_) watch_for_end();
}

// While the handler takes its time nothing is read, so that only this tells of a client that has gone.
void Connection::watch_for_end() {
  tap().wire().socket().async_wait(asio::socket_base::wait_read, [self = shared_from_this()](const ErrorCode& error) {
    if (self->gone_ || !self->answering_) return;
    char byte = 0;
    const auto ready = ::recv(self->tap().wire().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (error || ready <= 0) self->gone(0);
  });
}

void Connection::answer(const HttpAnswer& answer) {
  if (!answering_ || gone_) return;
  answering_ = false;
  put(answer_text(answer, keep_));
  if (!keep_) return end();
  // Not from within the handler's call, which may still look at the request.
  shared_->loop.post([self = shared_from_this()] { self->read_request(); });
}

void Connection::upgrade(bool deflate) {
  if (!answering_ || gone_ || !websocket::is_upgrade(request_)) return;
  answering_ = false;
  upgrading_ = true;
  websocket::permessage_deflate option;
  option.client_enable = false;
  option.server_enable = deflate;
  socket_.set_option(option);
  socket_.read_message_max(shared_->options.message_bytes_max);
  socket_.auto_fragment(false);
  const std::string offered(request_["Sec-WebSocket-Extensions"]);
  deflate_ = deflate && offered.find("permessage-deflate") != std::string::npos;
  socket_.async_accept(request_, [self = shared_from_this()](const ErrorCode& error) { self->on_upgraded(error); });
}

void Connection::on_upgraded(const ErrorCode& error) {
  if (gone_ || shared_->handler == nullptr) return;
  if (error) return gone(0);
  open_ = true;
  buffer_.clear();
  socket_.control_callback(
      [this](websocket::frame_type kind, beast::string_view payload) { on_control(kind, payload); });
  shared_->handler->on_open(*this);
  read_message();
}

void Connection::read_message() {
  if (gone_) return;
  buffer_.clear();
  socket_.async_read(buffer_,
                     [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->on_message(error); });
}

void Connection::on_message(const ErrorCode& error) {
  if (gone_ || shared_->handler == nullptr) return;
  if (error == websocket::error::closed) {
    tap().close_when_sent();  // the answer to the client's close frame
    return gone(socket_.reason().code);
  }
  if (error) return gone(0);
  const auto bytes = buffer_.cdata();
  shared_->handler->on_message(*this, now(), {static_cast<const char*>(bytes.data()), bytes.size()},
                               socket_.got_text());
  read_message();
}

void Connection::on_control(websocket::frame_type kind, beast::string_view payload) {
  if (gone_ || shared_->handler == nullptr) return;
  const std::string_view text(payload.data(), payload.size());
  if (kind == websocket::frame_type::ping) shared_->handler->on_ping(*this, text);
  if (kind == websocket::frame_type::pong) shared_->handler->on_pong(*this, text);
}

void Connection::send(std::string_view bytes, bool text) {
  if (!open_ || gone_) return;
  if (!deflate_) return put(websocket_frame(text ? 1 : 2, bytes));
  waiting_.push_back({text ? Waiting::Kind::text : Waiting::Kind::binary, std::string(bytes)});
  waiting_bytes_ += bytes.size();
  compress_next();
}

void Connection::put(std::string bytes) {
  if (gone_) return;
  if (!compressing_ && waiting_.empty()) return tap().put(bytes);
  waiting_bytes_ += bytes.size();
  waiting_.push_back({Waiting::Kind::raw, std::move(bytes)});
}

void Connection::compress_next() {
  while (!compressing_ && !waiting_.empty() && !gone_) {
    const Waiting& next = waiting_.front();
    if (next.kind == Waiting::Kind::raw) {
      tap().put(next.bytes);
      waiting_bytes_ -= next.bytes.size();
      waiting_.pop_front();
      continue;
    }
    compressing_ = true;
    socket_.text(next.kind == Waiting::Kind::text);
    socket_.async_write(asio::buffer(next.bytes), [self = shared_from_this()](const ErrorCode&, std::size_t) {
      self->compressing_ = false;
      self->waiting_bytes_ -= self->waiting_.front().bytes.size();
      self->waiting_.pop_front();
      self->compress_next();
    });
  }
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  if (!open_ || gone_) return;
  std::string payload{static_cast<char>(code >> 8 & 0xff), static_cast<char>(code & 0xff)};
  payload.append(reason.substr(0, 123));
  put(websocket_frame(8, payload));
}

void Connection::end() {
  tap().when_sent([self = shared_from_this()] {
    ErrorCode ignored;
    self->tap().wire().socket().shutdown(asio::socket_base::shutdown_both, ignored);
    self->gone_later();
  });
}

void Connection::reset() {
  ErrorCode ignored;
  tap().wire().socket().set_option(asio::socket_base::linger(true, 0), ignored);
  tap().close();
  gone_later();
}

void Connection::gone_later() {
  shared_->loop.post([self = shared_from_this()] { self->gone(0); });
}

void Connection::gone(std::uint16_t code) {
  if (gone_) return;
  const auto self = shared_from_this();
  gone_ = true;
  if (asked_ && shared_->handler != nullptr) shared_->handler->on_gone(*this, code);
  if (code == 0) forget();
  if (shared_->remove) shared_->remove(id_);
}

}  // namespace

struct Server::State : Shared, std::enable_shared_from_this<Server::State> {
  State(Loop& used, ServerOptions given, ServerHandler& told)
      : Shared(used, std::move(given), told), acceptor(used.context()) {}

  Status open();
  void accept();
  void welcome(TcpSocket socket);

  asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type> acceptor;
  asio::ip::tcp::endpoint bound;
  std::map<PeerId, std::shared_ptr<Connection>> connections;
  std::uint64_t next_id = 1;
};

Status Server::State::open() {
  ErrorCode error;
  const auto address = asio::ip::make_address(options.listen.host, error);
  if (error) return fault(fmt::format("\"{}\" is no address to listen on", options.listen.host));
  const asio::ip::tcp::endpoint wanted(address, bound.port() != 0 ? bound.port() : options.listen.port);
  acceptor.open(wanted.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(wanted, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return fault(fmt::format("cannot listen on {} port {}: {}; choose another with port 0 or the one you want",
                             options.listen.host, wanted.port(), error.message()));
  bound = acceptor.local_endpoint(error);
  accept();
  return {};
}

void Server::State::accept() {
  acceptor.async_accept([self = shared_from_this()](const ErrorCode& error, TcpSocket socket) {
    if (!self->acceptor.is_open() || self->handler == nullptr) return;
    if (!error) self->welcome(std::move(socket));
    self->accept();
  });
}

void Server::State::welcome(TcpSocket socket) {
  ErrorCode error;
  const auto from = socket.remote_endpoint(error);
  if (error) return;
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  const std::string address = fmt::format("{}:{}", from.address().to_string(), from.port());
  const Welcome how = handler->on_connection(address);
  if (how == Welcome::reset) {
    socket.set_option(asio::socket_base::linger(true, 0), error);
    return;
  }
  const PeerId id{next_id++};
  const auto connection =
      std::make_shared<Connection>(std::shared_ptr<Shared>(shared_from_this(), this), id, std::move(socket), address);
  connections.emplace(id, connection);
  connection->start(how == Welcome::serve);
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

Outcome<std::unique_ptr<Server>> Server::listen(Loop& loop, ServerOptions options, ServerHandler& handler) {
  auto state = std::make_shared<State>(loop, std::move(options), handler);
  state->remove = [raw = state.get()](PeerId id) { raw->connections.erase(id); };
  if (const Status opened = state->open(); !opened) return fault(opened.error());
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() {
  state_->handler = nullptr;
  state_->remove = nullptr;
  ErrorCode ignored;
  state_->acceptor.close(ignored);
  for (const auto& [id, connection] : state_->connections) connection->forget();
  state_->connections.clear();
}

std::uint16_t Server::port() const { return state_->bound.port(); }

Peer* Server::find(PeerId id) const {
  const auto found = state_->connections.find(id);
  return found == state_->connections.end() ? nullptr : found->second.get();
}

std::size_t Server::connections() const { return state_->connections.size(); }

void Server::show(std::shared_ptr<TlsContext> tls) { state_->options.tls = std::move(tls); }

Status Server::refuse(bool refused) {
  if (refused != state_->acceptor.is_open()) return {};
  if (!refused) return state_->open();
  ErrorCode ignored;
  state_->acceptor.close(ignored);
  return {};
}

}  // namespace crossbook::sys
