// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/websocket.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "crossbook/core/input.hpp"
#include "crossbook/sys/wire.hpp"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

namespace crossbook::sys {

const char* to_string(CloseCause cause) {
  switch (cause) {
    case CloseCause::unresolved: return "unresolved";
    case CloseCause::unreachable: return "unreachable";
    case CloseCause::timeout: return "timeout";
    case CloseCause::tls: return "tls";
    case CloseCause::refused: return "refused";
    case CloseCause::closed: return "closed";
    case CloseCause::lost: return "lost";
    case CloseCause::protocol: return "protocol";
    case CloseCause::ours: return "ours";
  }
  return "?";
}

// The connection itself; alive for as long as an operation of Asio is under way, whatever became of the WebSocket.
class WebSocketLink : public std::enable_shared_from_this<WebSocketLink> {
 public:
  WebSocketLink(Loop& loop, WebSocketOptions options, WebSocketListener& listener)
      : loop_(loop),
        options_(std::move(options)),
        listener_(&listener),
        socket_(loop.context()),
        dialer_(loop.context(), socket_.next_layer()),
        deadline_(loop),
        buffer_(options_.message_bytes_max + frame_padding) {}

  void start();
  void send(std::string_view text);
  void ping(std::string_view payload);
  void close(std::uint16_t code, std::string_view reason, Nanos within);
  void drop();
  void forget();  // no call to the listener any more

  [[nodiscard]] bool is_open() const { return open_ && listener_ != nullptr; }
  [[nodiscard]] std::size_t unsent_bytes() const { return unsent_bytes_; }
  [[nodiscard]] Nanos age_max(Steady now) const { return socket_.next_layer().noted().intake().age_max(now); }
  Nanos look(Steady now) {
    socket_.next_layer().noted().look(now);
    return age_max(now);
  }

 private:
  void on_dialled(const std::string& reason);
  void upgrade();
  void on_upgraded(const ErrorCode& error);
  void read();
  void on_read(const ErrorCode& error);
  void write();
  void fail_to_write(const ErrorCode& error);
  void fail(ErrorCode error);
  void finish(const Closed& closed);
  [[nodiscard]] std::string about(std::string_view what) const { return fmt::format("{}: {}", options_.url, what); }

  Loop& loop_;
  WebSocketOptions options_;
  WebSocketListener* listener_;
  Url url_;
  websocket::stream<Wire> socket_;
  Dialer dialer_;
  Timer deadline_;  // of opening, then of closing
  websocket::response_type answer_;
  beast::flat_buffer buffer_;
  std::deque<std::string> outgoing_;  // the first is being written
  std::size_t unsent_bytes_ = 0;
  ErrorCode write_error_;
  bool pinging_ = false;
  bool open_ = false;
  bool closing_ = false;
};

void WebSocketLink::start() {
  auto url = parse_url(options_.url);
  if (!url) {
    loop_.post(
        [self = shared_from_this(), text = url.error()] { self->finish({CloseCause::unresolved, 0, 0, {}, text}); });
    return;
  }
  url_ = std::move(*url);
  deadline_.after(options_.open_within, [this] {
    finish({CloseCause::timeout,
            0,
            0,
            {},
            about(fmt::format("not open after {} ms, while {}", options_.open_within.count() / 1'000'000,
                              dialer_.stage_text()))});
  });
  dialer_.dial(url_, options_.dial, options_.tls.get(),
               [self = shared_from_this()](const std::string& reason) { self->on_dialled(reason); });
}

void WebSocketLink::on_dialled(const std::string& reason) {
  if (listener_ == nullptr) return;
  if (reason.empty()) return upgrade();
  CloseCause cause = CloseCause::tls;
  if (dialer_.stage() == Dialer::Stage::resolve) cause = CloseCause::unresolved;
  if (dialer_.stage() == Dialer::Stage::connect) cause = CloseCause::unreachable;
  finish({cause, 0, 0, {}, about(reason)});
}

void WebSocketLink::upgrade() {
  socket_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
    for (const auto& [name, value] : options_.headers) request.set(name, value);
  }));
  websocket::permessage_deflate deflate;
  deflate.client_enable = options_.deflate;
  deflate.server_enable = false;
  socket_.set_option(deflate);
  socket_.read_message_max(options_.message_bytes_max);
  socket_.auto_fragment(false);
  socket_.async_handshake(answer_, url_.host_line, url_.target,
                          [self = shared_from_this()](const ErrorCode& error) { self->on_upgraded(error); });
}

void WebSocketLink::on_upgraded(const ErrorCode& error) {
  if (listener_ == nullptr) return;
  if (error == websocket::error::upgrade_declined) {
    HttpHeaders headers;
    for (const auto& field : answer_) headers.emplace_back(field.name_string(), field.value());
    const int status = static_cast<int>(answer_.result_int());
    finish({CloseCause::refused, 0, status, retry_after(headers),
            about(fmt::format("answered the WebSocket upgrade with HTTP status {}", status))});
    return;
  }
  if (error) return fail(error);
  deadline_.cancel();
  open_ = true;
  socket_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
    if (listener_ == nullptr) return;
    if (kind == websocket::frame_type::pong) listener_->on_pong(now(), {payload.data(), payload.size()});
    if (kind == websocket::frame_type::ping) listener_->on_ping(now(), {payload.data(), payload.size()});
  });
  listener_->on_open(now());
  read();
}

void WebSocketLink::read() {
  if (listener_ == nullptr) return;
  buffer_.clear();
  socket_.async_read(buffer_,
                     [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->on_read(error); });
}

void WebSocketLink::on_read(const ErrorCode& error) {
  if (listener_ == nullptr) return;
  const Moment moment = now();
  if (error) return fail(error);
  // Grows with the longest message so far, then never again. The bytes behind a message need no value.
  buffer_.prepare(frame_padding);
  const auto bytes = buffer_.cdata();
  listener_->on_message(moment, {static_cast<const char*>(bytes.data()), bytes.size()}, socket_.got_text());
  read();
}

void WebSocketLink::send(std::string_view text) {
  if (!is_open() || closing_) return;
  outgoing_.emplace_back(text);
  unsent_bytes_ += text.size();
  if (outgoing_.size() == 1) write();
}

void WebSocketLink::write() {
  socket_.text(true);
  socket_.async_write(asio::buffer(outgoing_.front()),
                      [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                        self->unsent_bytes_ -= self->outgoing_.front().size();
                        self->outgoing_.pop_front();
                        if (error) return self->fail(error);
                        if (self->is_open() && !self->closing_ && !self->outgoing_.empty()) self->write();
                      });
}

void WebSocketLink::ping(std::string_view payload) {
  if (!is_open() || closing_ || pinging_) return;
  pinging_ = true;
  websocket::ping_data text;
  text.assign(payload.substr(0, text.max_size()).begin(), payload.substr(0, text.max_size()).end());
  socket_.async_ping(text, [self = shared_from_this()](const ErrorCode& error) {
    self->pinging_ = false;
    if (error) self->fail_to_write(error);
  });
}

void WebSocketLink::close(std::uint16_t code, std::string_view reason, Nanos within) {
  if (closing_ || listener_ == nullptr) return;
  if (!open_) return drop();
  closing_ = true;
  constexpr std::size_t reason_bytes_max = 123;  // of a close frame
  const websocket::close_reason why(static_cast<websocket::close_code>(code),
                                    beast::string_view(reason.data(), std::min(reason.size(), reason_bytes_max)));
  deadline_.after(within, [this] { drop(); });
  socket_.async_close(why, [self = shared_from_this()](const ErrorCode&) { self->drop(); });
}

void WebSocketLink::drop() {
  closing_ = true;
  socket_.next_layer().close();
  loop_.post([self = shared_from_this()] { self->finish({CloseCause::ours, 0, 0, {}, self->about("closed by us")}); });
}

void WebSocketLink::forget() {
  listener_ = nullptr;
  open_ = false;
  deadline_.cancel();
  dialer_.cancel();
  socket_.next_layer().close();
}

// The read that is under way knows better why: it may have met a close frame.
void WebSocketLink::fail_to_write(const ErrorCode& error) {
  if (error == asio::error::operation_aborted) return;
  write_error_ = error;
  socket_.next_layer().close();
}

// Of an operation that failed once the connection was dialled.
void WebSocketLink::fail(ErrorCode error) {
  if (listener_ == nullptr) return;
  if (error == asio::error::operation_aborted && write_error_) error = write_error_;
  if (closing_) return finish({CloseCause::ours, 0, 0, {}, about("closed by us")});
  if (error == websocket::error::closed) {
    const websocket::close_reason& why = socket_.reason();
    const std::string_view reason(why.reason.data(), why.reason.size());
    finish({CloseCause::closed,
            why.code == websocket::close_code::none ? std::uint16_t{0} : why.code,
            0,
            {},
            about(fmt::format("closed by the server, code {}{}{}", why.code, reason.empty() ? "" : ": ", reason))});
    return;
  }
  const bool of_protocol = error.category() == make_error_code(websocket::error::closed).category() ||
                           error.category() == make_error_code(beast::http::error::end_of_stream).category();
  const bool ended = error == beast::http::error::end_of_stream;
  finish({of_protocol && !ended ? CloseCause::protocol : CloseCause::lost,
          0,
          0,
          {},
          about(fmt::format("the connection was lost: {}", error.message()))});
}

void WebSocketLink::finish(const Closed& closed) {
  if (listener_ == nullptr) return;
  WebSocketListener* const listener = listener_;
  const auto self = shared_from_this();
  forget();
  listener->on_closed(now(), closed);
}

WebSocket::WebSocket(Loop& loop, WebSocketOptions options, WebSocketListener& listener)
    : link_(std::make_shared<WebSocketLink>(loop, std::move(options), listener)) {
  link_->start();
}
WebSocket::~WebSocket() { link_->forget(); }

void WebSocket::send(std::string_view text) { link_->send(text); }
void WebSocket::ping(std::string_view payload) { link_->ping(payload); }
void WebSocket::close(std::uint16_t code, std::string_view reason, Nanos within) { link_->close(code, reason, within); }
void WebSocket::drop() { link_->drop(); }
bool WebSocket::is_open() const { return link_->is_open(); }
std::size_t WebSocket::unsent_bytes() const { return link_->unsent_bytes(); }
Nanos WebSocket::age_max(Steady now) const { return link_->age_max(now); }
Nanos WebSocket::look(Steady now) { return link_->look(now); }

}  // namespace crossbook::sys
