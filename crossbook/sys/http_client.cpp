// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/http_client.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <vector>

#include "crossbook/core/input.hpp"
#include "crossbook/sys/wire.hpp"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace crossbook::sys {

std::string_view HttpReply::body() const {
  return std::string_view(padded_body).substr(0, padded_body.size() - std::min(frame_padding, padded_body.size()));
}

namespace {

// One request and its answer.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Loop& loop, HttpCall call, HttpClient::Done done)
      : loop_(loop),
        call_(std::move(call)),
        done_(std::move(done)),
        wire_(loop.context()),
        dialer_(loop.context(), wire_),
        deadline_(loop) {}

  void start() {
    auto url = parse_url(call_.url);
    if (!url) {
      loop_.post([self = shared_from_this(), text = url.error()] { self->finish(fault(text)); });
      return;
    }
    url_ = std::move(*url);
    deadline_.after(call_.within, [this] {
      finish(fault(fmt::format("{}: no answer after {} ms, while {}", call_.url, call_.within.count() / 1'000'000,
                               dialer_.stage_text())));
    });
    dialer_.dial(url_, call_.dial, call_.tls.get(), [self = shared_from_this()](const std::string& reason) {
      if (reason.empty()) return self->ask();
      self->finish(fault(fmt::format("{}: {}", self->call_.url, reason)));
    });
  }

  void forget() {
    done_ = nullptr;
    deadline_.cancel();
    dialer_.cancel();
    wire_.close();
  }
  [[nodiscard]] bool is_over() const { return done_ == nullptr; }

 private:
  void ask() {
    if (is_over()) return;
    request_.version(11);
    request_.method_string({call_.method.data(), call_.method.size()});
    request_.target({url_.target.data(), url_.target.size()});
    request_.set(http::field::host, url_.host_line);
    request_.set(http::field::accept, "*/*");
    for (const auto& [name, value] : call_.headers) request_.set(name, value);
    request_.set(http::field::connection, "close");
    if (!call_.body.empty()) request_.body() = std::move(call_.body);
    request_.prepare_payload();
    parser_.body_limit(call_.body_bytes_max);
    http::async_write(wire_, request_, [self = shared_from_this()](const ErrorCode& error, std::size_t) {
      if (error) return self->fail(error);
      self->listen();
    });
  }

  // The header on its own first: Beast 1.74 forgets that a body is over the limit when it reads both at once.
  void listen() {
    http::async_read_header(wire_, buffer_, parser_, [self = shared_from_this()](const ErrorCode& error, std::size_t) {
      if (error) return self->fail(error);
      http::async_read(self->wire_, self->buffer_, self->parser_, [self](const ErrorCode& of_body, std::size_t) {
        if (of_body) return self->fail(of_body);
        self->hand_over();
      });
    });
  }

  void hand_over() {
    if (is_over()) return;
    auto message = parser_.release();
    HttpReply reply;
    reply.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
      const auto name = field.name_string();
      reply.headers.emplace_back(std::string(name.data(), name.size()), std::string(field.value()));
    }
    reply.padded_body = std::move(message.body());
    reply.padded_body.append(frame_padding, '\0');
    finish(std::move(reply));
  }

  void fail(const ErrorCode& error) {
    finish(fault(fmt::format("{}: no whole answer: {}", call_.url, error.message())));
  }

  void finish(Outcome<HttpReply> outcome) {
    if (is_over()) return;
    const auto self = shared_from_this();
    const HttpClient::Done done = std::move(done_);
    forget();
    done(now(), std::move(outcome));
  }

  Loop& loop_;
  HttpCall call_;
  HttpClient::Done done_;
  Url url_;
  Wire wire_;
  Dialer dialer_;
  Timer deadline_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_;
};

}  // namespace

struct HttpClient::State {
  explicit State(Loop& used) : loop(used) {}
  Loop& loop;
  std::vector<std::weak_ptr<Exchange>> under_way;
};

HttpClient::HttpClient(Loop& loop) : state_(std::make_shared<State>(loop)) {}

HttpClient::~HttpClient() {
  for (const auto& weak : state_->under_way)
    if (const auto exchange = weak.lock()) exchange->forget();
}

void HttpClient::call(HttpCall call, Done done) {
  std::erase_if(state_->under_way, [](const std::weak_ptr<Exchange>& weak) {
    const auto exchange = weak.lock();
    return !exchange || exchange->is_over();
  });
  const auto exchange = std::make_shared<Exchange>(state_->loop, std::move(call), std::move(done));
  state_->under_way.push_back(exchange);
  exchange->start();
}

}  // namespace crossbook::sys
