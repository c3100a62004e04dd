#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A bot on python-telegram-bot 13: a command, a menu whose buttons edit it, a document, an echo. Debian's package, so it runs
with Debian's python3. Its webhook takes no secret."""
import io
import json
import logging
import os
import urllib.parse

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.ext import CallbackQueryHandler, CommandHandler, Filters, MessageHandler, TypeHandler, Updater
from telegram import Update

REPORT = ''.join(f'line {i}\n' for i in range(1000)).encode()


def say(**what):
    os.write(1, json.dumps(what).encode() + b'\n')  # one write: two threads speak at once, and print() writes the end apart


def saw(update, _):
    kind = next(key for key in update.to_dict() if key != 'update_id')
    query, message = update.callback_query, update.message or update.edited_message
    say(saw=update.update_id, kind=kind, text=message.text if message else None, data=query.data if query else None)


def start(update, _):
    update.message.reply_text('hello from python-telegram-bot')


def menu(update, _):
    keys = [[InlineKeyboardButton('Yes', callback_data='vote:yes'), InlineKeyboardButton('No', callback_data='vote:no')]]
    update.message.reply_text('vote', reply_markup=InlineKeyboardMarkup(keys))


def file(update, _):
    update.message.reply_document(io.BytesIO(REPORT), filename='report.txt', caption='the report')


def press(update, _):
    update.callback_query.answer(f'you chose {update.callback_query.data}')
    update.callback_query.edit_message_text(f'chosen: {update.callback_query.data}')


def echo(update, _):
    if not update.message.text.startswith('#'):  # those are only counted
        update.message.reply_text(f'echo: {update.message.text}')


def failed(_, context):
    say(error=str(context.error))


def main():
    logging.basicConfig(format='%(asctime)s - %(name)s - %(levelname)s - %(message)s', level=logging.INFO)
    updater = Updater(os.environ['BOT_TOKEN'], base_url=os.environ['BOT_API'] + '/bot')
    add = updater.dispatcher.add_handler
    add(TypeHandler(Update, saw), group=-1)
    for name, function in (('start', start), ('menu', menu), ('file', file)):
        add(CommandHandler(name, function))
    add(CallbackQueryHandler(press))
    add(MessageHandler(Filters.text & Filters.update.message, echo))
    updater.dispatcher.add_error_handler(failed)
    url = os.environ.get('BOT_WEBHOOK')
    if url:
        where = urllib.parse.urlsplit(url)
        updater.start_webhook(where.hostname, where.port, where.path[1:], webhook_url=url)
    else:
        updater.start_polling()
    say(started='webhook' if url else 'polling')
    updater.idle()


main()
